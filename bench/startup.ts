/**
 * How long commands take to begin: wall clock of the whole process, medians, above that of `node -e 0`. The server is a sandbox on this
 * machine with a handful of records, so that nearly all of it is loading.
 *
 *   node dist/bench/startup.js [runs]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TapeSandbox } from '../lib/sandbox/index.js';

const runs = Number(process.argv[2] ?? 9);
const main = fileURLToPath(new URL('../lib/cli/main.js', import.meta.url));

/** Milliseconds. */
function once(args: readonly string[], cwd: string): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${String(status)} ${stderr}`);
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

const directory = mkdtempSync(join(tmpdir(), 'startup-'));
try {
  await using sandbox = await TapeSandbox.start();
  for (let index = 0; index < 5; index += 1) {
    const record = join(directory, `record-${index}`);
    writeFileSync(record, `record ${index}`);
    utimesSync(record, 1e9, 1e9);
  }
  const target = ['--no-config', '--target', sandbox.url];
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
  const times = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  // Turn by turn, so that what else the machine does strikes all of them.
  for (let run = 0; run <= runs; run += 1)
    for (const [name, args] of Object.entries(commands)) {
      const took = once(args, directory);
      // The first round fills the page cache, and the archive.
      if (run > 0) times.get(name)?.push(took);
    }
  const base = median(times.get('node -e 0') ?? []);
  for (const [name, all] of times) {
    const more = median(all) - base;
    console.log(
      `${name.padEnd(10)} ${median(all).toFixed(0).padStart(5)} ms  ${more > 0 ? `+${more.toFixed(0)} ms` : ''}`,
    );
  }
} finally {
  rmSync(directory, { recursive: true });
}
