/** One record back from tape, by hand: stage, wait, copy, evict. `restore` will do this for many. */
import { setTimeout as delay } from 'node:timers/promises';
import { parseTarget } from '../../config/index.js';
import { CopyProcess, FileSystem, urlOf } from '../../xrdcl/index.js';

export interface ReadBackSteps {
  /** Called every poll while the tape is being fetched, with seconds so far. */
  waiting(seconds: number): void;
  online(seconds: number): void;
  copying(bytes: number, size: number): void;
}

/** @throws XRootDError; Error when it doesn't come within two minutes */
export async function readBack(
  targetUrl: string,
  record: string,
  file: string,
  tell: ReadBackSteps,
  signal: AbortSignal,
): Promise<void> {
  const { endpoint, base } = parseTarget(targetUrl);
  const remote = `${base === '/' ? '' : base}/${record}`;
  const server = new FileSystem(endpoint);
  await server.stage([remote], { signal });
  await untilOnline(server, remote, tell, signal);
  const copy = new CopyProcess();
  copy.add({ source: urlOf(endpoint, remote), target: file });
  const [result] = await copy.run({
    signal,
    onProgress: ({ bytes, size }) => {
      tell.copying(bytes, size);
    },
  });
  if (result?.error !== undefined) throw result.error;
  await server.evict([remote], { signal });
}

async function untilOnline(
  server: FileSystem,
  remote: string,
  tell: ReadBackSteps,
  signal: AbortSignal,
): Promise<void> {
  const start = performance.now();
  for (;;) {
    const seconds = (performance.now() - start) / 1000;
    const { offline } = await server.stat(remote, { signal });
    if (!offline) {
      tell.online(seconds);
      return;
    }
    if (seconds > 120) throw new Error(`${remote} didn't come back from tape within two minutes`);
    tell.waiting(seconds);
    await delay(500, undefined, { signal });
  }
}
