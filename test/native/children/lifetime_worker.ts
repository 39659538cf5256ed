/** lifetime_worker <task> <server> <large local file>: the addon in a worker thread. */
import { closeSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { checksumFile, keepChecksum, RunningSums, writeNewFile } from '../../../lib/posix/index.js';
import { CopyProcess, FileSystem, RateLimit, readChecksum } from '../../../lib/xrdcl/index.js';
import { newFileBeside } from '../../support/temporary.js';

const [task = '', url = '', large = ''] = process.argv.slice(2);
const fs = new FileSystem(url);

function copy(source: string, xrate: number, onProgress: () => void): Promise<unknown> {
  const copies = new CopyProcess();
  for (let i = 0; i < 3; i += 1)
    copies.add({ source, target: `${url}//d/worker-${process.pid}-${Math.random()}`, xrate });
  return copies.run({ parallel: 3, onProgress });
}

if (task === 'work') {
  await Promise.all(Array.from({ length: 200 }, () => fs.stat('/large')));
  await copy(`${url}//small`, 0, () => undefined);
  await checksumFile(process.execPath, { length: 1 << 20 });
} else if (task === 'small') {
  for (;;) {
    const copies = new CopyProcess();
    for (let i = 0; i < 200; i += 1) {
      const target = `${url}//d/worker-${process.pid}-${Math.random()}`;
      copies.add({ source: process.argv[1] ?? '', target, sizeHint: 1 });
    }
    await copies.run({ parallel: 64 });
    parentPort?.postMessage('flowing');
  }
} else if (task === 'limited') {
  const copies = new CopyProcess();
  for (let i = 0; i < 4; i += 1)
    copies.add({ source: large, target: `${url}//d/worker-${process.pid}-${Math.random()}` });
  await copies.run({
    parallel: 4,
    rateLimit: new RateLimit(2 ** 16),
    onProgress: () => parentPort?.postMessage('flowing'),
  });
} else if (task === 'write') {
  const bytes = Buffer.alloc(1_000_000);
  for (let i = 0; ; i += 10) {
    const names = Array.from({ length: 10 }, (_, k) => `by-worker-${process.pid}-${i + k}`);
    await Promise.all(names.map((name) => writeNewFile(bytes, newFileBeside(large, name))));
    parentPort?.postMessage('flowing');
  }
} else if (task === 'write pieces') {
  const bytes = Buffer.alloc(1_000_000);
  for (let i = 0; ; i += 1) {
    const path = join(dirname(large), `pieces-by-worker-${process.pid}-${i}`);
    const fd = openSync(path, 'w');
    const sums = new RunningSums(['adler32', 'md5']);
    for (let pieces = 0; pieces < 10; pieces += 1) await sums.write({ fd, path }, bytes);
    for (const sum of sums.end()) await keepChecksum(fd, sum);
    closeSync(fd);
    parentPort?.postMessage('flowing');
  }
} else if (task === 'read') {
  for (;;) {
    const sums = Array.from({ length: 20 }, () => readChecksum(`${url}//large`, 'crc32c'));
    setTimeout(() => parentPort?.postMessage('flowing'), 50);
    await Promise.all(sums);
  }
} else if (task === 'read limited') {
  const rateLimit = new RateLimit(2 ** 16);
  setTimeout(() => parentPort?.postMessage('flowing'), 200);
  await Promise.all(Array.from({ length: 20 }, () => readChecksum(`${url}//large`, 'crc32c', { rateLimit })));
} else if (task === 'stat') {
  for (;;) {
    await Promise.all(Array.from({ length: 500 }, () => fs.stat('/large')));
    parentPort?.postMessage('flowing');
  }
} else {
  await copy(large, 4 << 20, () => {
    if (task === 'exit') process.exit(7);
    parentPort?.postMessage('flowing');
  });
}
