/**
 * How long commands take to begin: until their first connection reaches the server, and until they have ended; medians, above those of
 * `node -e 0`. The server is a sandbox on this machine with a handful of records, so that nearly all of it is loading. What is started is
 * the package's command, as its users have it.
 *
 *   node dist/bench/startup.js [runs]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TapeSandbox } from '../lib/sandbox/index.js';

const runs = Number(process.argv[2] ?? 9);
const root = fileURLToPath(new URL('../..', import.meta.url));
const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  bin: Record<string, string>;
};
const main = join(root, bin['xrootd-archive'] ?? '');

/** Milliseconds. */
interface Times {
  begun: number;
  whole: number;
}

/** Before the server: knows when somebody came first. */
class Door {
  readonly #server = createServer((client) => {
    this.#came.push(performance.now());
    const server = connect(this.port, '127.0.0.1');
    for (const socket of [client, server]) socket.on('error', () => socket.destroy());
    client.pipe(server).pipe(client);
    this.#sockets.add(client).add(server);
  });
  readonly #sockets = new Set<Socket>();
  readonly #came: number[] = [];

  constructor(readonly port: number) {}

  async open(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** What needs no server has begun when it ends. */
  async times(args: readonly string[], cwd: string): Promise<Times> {
    this.#came.length = 0;
    const started = performance.now();
    const child = spawn(process.execPath, args, { cwd, stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`${args.join(' ')}: exit code ${String(code)}`);
    const whole = performance.now() - started;
    const [first = started + whole] = this.#came;
    return { begun: first - started, whole };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

const directory = mkdtempSync(join(tmpdir(), 'startup-'));
try {
  await using sandbox = await TapeSandbox.start();
  const door = new Door(Number(new URL(sandbox.url).port));
  const port = await door.open();
  for (let index = 0; index < 5; index += 1) {
    const record = join(directory, `record-${index}`);
    writeFileSync(record, `record ${index}`);
    utimesSync(record, 1e9, 1e9);
  }
  const target = ['--no-config', '--target', sandbox.url.replace(/:\d+/, `:${port}`)];
  const both = [...target, '--cache', directory];
  const commands: Record<string, string[]> = {
    'node -e 0': ['-e', '0'],
    '--version': [main, '--version'],
    '--help': [main, '--help'],
    usage: [main, 'usage', '--no-config', '--cache', directory],
    ls: [main, 'ls', ...target],
    status: [main, 'status', ...both],
    backup: [main, 'backup', ...both, '--settle-seconds', '0', '--auto-remove', 'never'],
  };
  const times = new Map<string, Times[]>(Object.keys(commands).map((name) => [name, []]));
  // Turn by turn, so that what else the machine does strikes all of them.
  for (let run = 0; run <= runs; run += 1)
    for (const [name, args] of Object.entries(commands)) {
      const took = await door.times(args, directory);
      // The first round fills the page cache, and the archive.
      if (run > 0) times.get(name)?.push(took);
    }
  door.close();
  const column = (value: number) => value.toFixed(0).padStart(7);
  const ofAll = (name: string, key: keyof Times) => median((times.get(name) ?? []).map((each) => each[key]));
  const base = ofAll('node -e 0', 'whole');
  console.log(`milliseconds      begun  whole; node -e 0: ${base.toFixed(0)}`);
  for (const name of Object.keys(commands).slice(1))
    console.log(
      `${name.padEnd(15)}${column(ofAll(name, 'begun') - base)}${column(ofAll(name, 'whole') - base)}  more`,
    );
} finally {
  rmSync(directory, { recursive: true });
}
