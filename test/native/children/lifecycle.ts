/**
 * lifecycle <where> <phase> <end> <server> <directory> <large local file> <server's own directory> <id>: a process that ends while something is under way, in the
 * main thread or in workers. It says `reached` on standard output just before.
 */
import { writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { phases, type Work } from './lifecycle/phases.js';

const [where = '', phase = '', end = '', server = '', directory = '', large = '', asked = '', id = ''] =
  process.argv.slice(2);
const never = new Promise<never>(() => undefined);

type End = (works: readonly Work[], workers: readonly Worker[]) => unknown;

const ends: Record<string, End> = {
  exit: () => process.exit(7),
  abort: () => {
    process.abort();
  },
  'uncaught exception': () => {
    setImmediate(() => {
      throw new Error('on purpose');
    });
    return never;
  },
  'unhandled rejection': () => {
    void Promise.reject(new Error('on purpose'));
    return never;
  },
  SIGTERM: () => {
    process.kill(process.pid, 'SIGTERM');
    return never;
  },
  /** Nobody waits any more, and nobody holds anything; it ends when all has ended. */
  collected: async (works, workers) => {
    for (const { stop } of works) stop.abort();
    (globalThis as unknown as { gc: () => void }).gc();
    for (const worker of workers) worker.postMessage('stop');
    await new Promise(setImmediate);
    (globalThis as unknown as { gc: () => void }).gc();
  },
  'terminated worker': (_, workers) => Promise.all(workers.map((worker) => worker.terminate())),
};

/** Work whose failures nobody hears. */
async function begin(number: number): Promise<Work> {
  const stop = new AbortController();
  const start = phases[phase];
  if (start === undefined) throw new Error(`no phase ${phase}`);
  await new Promise<void>((reached, failed) => {
    const place = { server, directory, large, asked, id: `${id}-${number}`, signal: stop.signal };
    start(place, reached).catch((error: unknown) => {
      failed(error instanceof Error ? error : new Error(String(error)));
    });
  });
  return { stop };
}

if (isMainThread) {
  const count = { main: 0, worker: 1, 'two workers': 2 }[where] ?? 0;
  const workers = Array.from({ length: count }, (_, i) => {
    const argv = [...process.argv.slice(2, 9), `${id}-${i}`];
    return new Worker(new URL(import.meta.url), { argv });
  });
  const all = workers.map(
    (worker) => new Promise((reached, failed) => worker.once('message', reached).once('error', failed)),
  );
  await Promise.all(all);
  const works = count === 0 ? [await begin(0)] : [];
  writeSync(1, 'reached');
  await ends[end]?.(works, workers);
} else {
  const { stop } = await begin(0);
  parentPort?.once('message', () => {
    stop.abort();
    parentPort?.unref();
  });
  parentPort?.postMessage('reached');
}
