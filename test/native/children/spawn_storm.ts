import { spawn } from 'node:child_process';
import { CopyProcess } from '../../../lib/xrdcl/index.js';

const [source = '', target = ''] = process.argv.slice(2);
const copies = new CopyProcess();
for (let i = 0; i < 60; i += 1) copies.add({ source, target: `${target}-${i}` });
const children: Promise<unknown>[] = [];
const spawnOne = () => {
  children.push(new Promise((resolve) => spawn('true', { stdio: 'ignore' }).once('exit', resolve)));
};
const stop = new AbortController();
spawnOne();
const results = await copies.run({
  parallel: 8,
  signal: stop.signal,
  onJobStart: spawnOne,
  onProgress: () => {
    spawnOne();
    if (children.length > 100) stop.abort();
  },
});
await Promise.all(children);
process.exitCode = results.every(({ error }) => error === undefined || error.code === 'OperationInterrupted')
  ? 0
  : 3;
