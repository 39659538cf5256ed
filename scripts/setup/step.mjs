import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Ends the set-up with a message for the person in front of it, without a stack. */
export class Stop extends Error {}

/** Prints `what` at once and its seconds when `work` is done. */
export function step(what, work) {
  process.stderr.write(`setup: ${what} … `);
  const started = Date.now();
  try {
    const result = work();
    process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stderr.write('failed\n');
    throw error;
  }
}

/**
 * Runs a command in the project's folder. Its output is shown only when it fails.
 * @throws {Stop} when it fails
 */
export function run(command, args, { env = {}, stdin = 'ignore' } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: [stdin, 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (result.status === 0) return;
  const reason =
    result.error?.message ?? (result.signal ? `killed by ${result.signal}` : `exit code ${result.status}`);
  throw new Stop(
    `${[command, ...args].join(' ')}: ${reason}\n${result.stdout ?? ''}${result.stderr ?? ''}`.trimEnd(),
  );
}
