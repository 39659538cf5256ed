/** Takes the lock of the cache that is named (and, with a second argument, starts a child that outlives it). */
import { spawn } from 'node:child_process';
import { acquireLock } from '../../../lib/cache/lock.js';

await acquireLock(process.argv[2] ?? '');
if (process.argv[3] !== undefined) {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
  child.unref();
  process.stdout.write(`${child.pid}\n`);
} else process.stdout.write('held\n');
setInterval(() => undefined, 60_000);
