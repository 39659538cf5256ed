/**
 * What a server does with checksum queries that are in flight at the same time: for each number of them, and each
 * `xrootd.chksum max`, a fresh xrootd on loopback is asked for files that it has not summed yet.
 *
 *   node dist/bench/checksum_queue.js [--root DIR] [--max 1,2,4] [--in-flight 1,2,3,4,8] [--queries 1000]
 *                                     [--seconds 20] [--patience SECONDS]
 *
 * `--root` runs the xrootd of another system, a chroot (as root). After `--seconds` nothing more is asked. Without
 * `--patience` each query is asked once and has 40 seconds; with it, it is asked again as FileSystem.queryChecksum does.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { findOnPath, installProgram } from '../lib/sandbox/programs.js';
import { untilAnswering } from '../lib/sandbox/readiness.js';
import { FileSystem } from '../lib/xrdcl/index.js';

/** xrootd refuses to run as root. */
const nobody = 65_534;
const asRoot = process.getuid?.() === 0;
const lateMilliseconds = 1000;
/** After which a query counts as lost. */
const timeoutSeconds = 40;

interface Result {
  answered: number;
  late: number;
  failed: number;
  lost: number;
  /** Milliseconds. */
  slowest: number;
  seconds: number;
}

const { values } = parseArgs({
  options: {
    root: { type: 'string', default: '' },
    max: { type: 'string', default: '1,2,4' },
    'in-flight': { type: 'string', default: '1,2,3,4,8' },
    queries: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
    patience: { type: 'string' },
  },
});
const numbers = (list: string) => list.split(',').map(Number);

process.stdout.write(
  '| max | in flight | asked | late (> 1 s) | failed | lost (> 40 s) | slowest s | seconds |\n',
);
for (const max of numbers(values.max))
  for (const inFlight of numbers(values['in-flight'])) {
    const { answered, late, failed, lost, slowest, seconds } = await measure(max, inFlight);
    const asked = answered + failed + lost;
    const cells = [max, inFlight, asked, late, failed, lost, (slowest / 1000).toFixed(1), seconds.toFixed(1)];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }

async function measure(max: number, inFlight: number): Promise<Result> {
  const directory = mkdtempSync(join(values.root, '/tmp', 'checksum-queue-'));
  const paths = Array.from({ length: Number(values.queries) }, (_, i) => `/${i}`);
  chmodSync(directory, 0o755);
  for (const name of ['data', 'admin']) mkdirSync(join(directory, name));
  for (const path of paths) writeFileSync(join(directory, 'data', path), path.padEnd(1000, 'x'));
  if (asRoot)
    for (const name of ['.', 'data', 'admin', ...paths.map((path) => `data${path}`)])
      chownSync(join(directory, name), nobody, nobody);
  const { child, port } = await start(directory, max);
  try {
    return await ask(new FileSystem(`root://127.0.0.1:${port}`), paths, inFlight);
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }
}

async function start(directory: string, max: number) {
  installProgram('tape_launch', directory);
  const seen = directory.slice(values.root.length);
  const configuration = `all.export /
oss.localroot ${seen}/data
all.adminpath ${seen}/admin
all.pidpath ${seen}/admin
xrd.network nodnr
xrootd.chksum max ${max} adler32
`;
  writeFileSync(join(directory, 'xrootd.cf'), configuration);
  const log = openSync(join(directory, 'log'), 'a');
  const change = asRoot ? ['chroot', `--userspec=${nobody}:${nobody}`, values.root || '/'] : [];
  // It listens for xrootd, which has no directive to be reached from this machine only.
  const launch = [`${seen}/tape_launch`, `${seen}/admin/launched`, '0', findOnPath('xrootd')];
  const [program = '', ...args] = [
    ...change,
    ...launch,
    ...['-c', `${seen}/xrootd.cf`, '-p', '{port}', '-s', `${seen}/admin/pid`],
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  for await (const line of createInterface(child.stdout!)) {
    const port = Number(line);
    await untilAnswering(port, AbortSignal.timeout(20_000));
    return { child, port };
  }
  throw new Error('xrootd did not start');
}

async function ask(server: FileSystem, paths: readonly string[], inFlight: number): Promise<Result> {
  const result: Result = { answered: 0, late: 0, failed: 0, lost: 0, slowest: 0, seconds: 0 };
  const started = performance.now();
  const patience = values.patience === undefined ? {} : { patience: Number(values.patience) };
  const waiting = paths.values();
  const worker = async () => {
    for (const path of waiting) {
      const asked = performance.now();
      if (asked - started > Number(values.seconds) * 1000) break;
      try {
        await server.queryChecksum(path, 'adler32', { timeout: timeoutSeconds, ...patience });
        result.answered += 1;
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === 'OperationExpired') result.lost += 1;
        else result.failed += 1;
      }
      const took = performance.now() - asked;
      if (took > lateMilliseconds) result.late += 1;
      result.slowest = Math.max(result.slowest, took);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  result.seconds = (performance.now() - started) / 1000;
  return result;
}
