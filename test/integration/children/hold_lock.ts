/** Takes the lock of the cache that is named; `--shard I N` a shard's. `with a child`: starts one that outlives it. */
import { spawn } from 'node:child_process';
import { acquireLock } from '../../../lib/cache/lock.js';

const [cache = '', more, index, count] = process.argv.slice(2);
const shard = more === '--shard' ? { index: Number(index), count: Number(count) } : undefined;
await acquireLock(cache, undefined, shard);
if (more === 'with a child') {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
  child.unref();
  process.stdout.write(`${child.pid}\n`);
} else process.stdout.write('held\n');
setInterval(() => undefined, 60_000);
