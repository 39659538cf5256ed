/** One mocha process: its output, its report, and whether all went well. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const mocha = join(dirname(createRequire(import.meta.url).resolve('mocha/package.json')), 'bin/mocha.js');

export const running = new Set();

/**
 * @param {import('./plan.mjs').Batch} batch
 * @returns what the reporter tells of it, and `trouble` when the process ended otherwise than its tests
 */
export async function runBatch({ name, files }, { env = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'xa-tests-'));
  const report = join(folder, 'report.json');
  const started = performance.now();
  const child = spawn(process.execPath, [mocha, ...files], {
    cwd: root,
    env: { ...process.env, ...env, TEST_REPORT: report },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code, signal] = await once(child, 'close');
  running.delete(child);
  const seconds = (performance.now() - started) / 1000;
  const told = read(report);
  rmSync(folder, { recursive: true });
  return { name, output, seconds, ...told, trouble: troubleOf(told, code, signal) };
}

function read(report) {
  try {
    return { ...JSON.parse(readFileSync(report, 'utf8')), ended: true };
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return { passed: [], failed: [], skipped: [], smaller: [], ended: false };
  }
}

function troubleOf({ failed, passed, skipped, ended }, code, signal) {
  const end = signal === null ? `exit code ${code}` : signal;
  if (!ended) return `ended with ${end} before its tests were over`;
  if (failed.length === 0 && code !== 0) return `ended with ${end} after its tests`;
  if (failed.length + passed.length + skipped.length === 0) return 'has no tests';
  return undefined;
}
