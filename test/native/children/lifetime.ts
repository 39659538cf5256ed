/** lifetime <scenario> <server> <server's pid> <large local file>: a process that ends in the midst of work. */
import { openSync, writeFileSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import {
  checksumFile,
  keepChecksum,
  publishFile,
  RunningSums,
  writeNewFile,
} from '../../../lib/posix/index.js';
import { CopyProcess, FileSystem, RateLimit, readChecksum } from '../../../lib/xrdcl/index.js';
import { newFileBeside } from '../../support/temporary.js';

const [scenario = '', url = '', pid = '', large = ''] = process.argv.slice(2);
const MiB = 2 ** 20;
const fs = new FileSystem(url);
const target = () => `${url}//d/life-${process.pid}-${Math.random()}`;

/** Copies that flow slowly; calls back once when all of them do. */
function copies(count: number, direction: 'up' | 'down', onFlow: () => void): Promise<unknown> {
  const process_ = new CopyProcess();
  for (let i = 0; i < count; i += 1) {
    const [source, to] =
      direction === 'up' ? [large, target()] : [`${url}//large`, `${large}-${process.pid}-${i}`];
    process_.add({ source, target: to, xrate: 4 * MiB });
  }
  const flowing = new Set<number>();
  return process_.run({
    parallel: count,
    onProgress: ({ index }) => {
      if (flowing.has(index)) return;
      flowing.add(index);
      if (flowing.size === count) onFlow();
    },
  });
}

/** Copies, large and small, that wait for bytes; calls back once when a large one has moved some. */
function limitedCopies(direction: 'up' | 'down', onFlow: () => void): Promise<unknown> {
  const process_ = new CopyProcess();
  for (let i = 0; i < 8; i += 1) {
    const [source, to] =
      direction === 'up' ? [large, target()] : [`${url}//large`, `${large}-${process.pid}-${i}`];
    process_.add({ source, target: to });
    process_.add({ source: process.argv[1] ?? '', target: target(), sizeHint: 2 ** 20 });
  }
  return process_.run({ parallel: 16, rateLimit: new RateLimit(2 ** 16), onProgress: onFlow });
}

function stats(count: number): Promise<unknown>[] {
  return Array.from({ length: count }, () => fs.stat('/large'));
}

/** Small copies, many at once, without end; calls back once when some are through. */
async function smallCopies(direction: 'up' | 'down', onFlow: () => void): Promise<never> {
  let done = 0;
  for (;;) {
    const some = new CopyProcess();
    for (let i = 0; i < 500; i += 1) {
      const [source, to] =
        direction === 'up'
          ? [process.argv[1] ?? '', target()]
          : [`${url}//small`, `${large}-${process.pid}-${Math.random()}`];
      some.add({ source, target: to, sizeHint: 1 });
    }
    await some.run({
      parallel: 64,
      onJobEnd: () => {
        if ((done += 1) === 100) onFlow();
      },
    });
  }
}

function worker(task: string): Worker {
  const file = new URL('./lifetime_worker.js', import.meta.url);
  return new Worker(file, { argv: [task, url, large] });
}

function message(from: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    from.once('message', resolve);
    from.once('error', reject);
  });
}

function ended(of: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    of.once('exit', resolve);
    of.once('error', reject);
  });
}

/** Ends a worker in the middle of its task; afterwards the main thread and another worker can do theirs. */
async function terminated(task: string): Promise<void> {
  const one = worker(task);
  await message(one);
  await one.terminate();
  await fs.stat('/large');
  await ended(worker('work'));
}

const never = new Promise<never>(() => undefined);
const exit = () => process.exit(7);
const sayAndExit = () => {
  writeSync(1, 'exiting');
  exit();
};

const scenarios: Record<string, () => Promise<unknown>> = {
  'exit in mid-upload': () => copies(4, 'up', exit),
  'exit in mid-download': () => copies(4, 'down', exit),
  'exit as copies start': () => {
    const run = copies(8, 'up', () => undefined);
    setImmediate(exit);
    return run;
  },
  'exit as uploads wait for a rate limit': () => limitedCopies('up', exit),
  'exit as downloads wait for a rate limit': () => limitedCopies('down', exit),
  'exit in a storm of small uploads': () => smallCopies('up', exit),
  'exit in a storm of small downloads': () => smallCopies('down', exit),
  'exit as small copies start': () => {
    const run = smallCopies('up', () => undefined);
    setImmediate(exit);
    return run;
  },
  'exit as files get their names': async () => {
    const names = Array.from({ length: 300 }, (_, i) => `${large}-${process.pid}-${i}`);
    for (const name of names) writeFileSync(name, '');
    const published = names.map((name) => publishFile(name, `${name}.named`, { fsync: true }));
    await published[3];
    exit();
  },
  'exit as files are written': async () => {
    const bytes = Buffer.alloc(1_000_000);
    const names = Array.from({ length: 100 }, (_, i) => `written-${process.pid}-${i}`);
    const written = names.map((name) => writeNewFile(bytes, newFileBeside(large, name)));
    await written[3];
    exit();
  },
  'exit as files are written piece by piece': async () => {
    const bytes = Buffer.alloc(1_000_000);
    const written = Array.from({ length: 100 }, async (_, i) => {
      const path = `${large}-${process.pid}-piece-${i}`;
      const fd = openSync(path, 'w');
      const sums = new RunningSums(['adler32', 'md5']);
      for (let pieces = 0; pieces < 10; pieces += 1) await sums.write({ fd, path }, bytes);
      for (const sum of sums.end()) await keepChecksum(fd, sum);
    });
    await written[3];
    exit();
  },
  'exit in a storm of stats': async () => {
    const storm = stats(3000);
    await storm[10];
    exit();
  },
  'exit in a storm of stats, at once': async () => {
    const storm = stats(3000);
    process.exit(7);
    await Promise.all(storm);
  },
  'exit with many stats asked for as one': async () => {
    const storm = Array.from({ length: 30 }, () => fs.statMany(new Array<string>(100).fill('/large')));
    await storm[0];
    exit();
  },
  'exit in mid-listing': async () => {
    for await (const entry of fs.dirList('/many', { stat: true })) if (entry.name) exit();
  },
  'exit in mid-checksum': async () => {
    const sums = Array.from({ length: 10 }, () => checksumFile(large));
    setTimeout(exit, 20);
    await Promise.all(sums);
  },
  'exit as files are read back': async () => {
    const sums = Array.from({ length: 20 }, () => readChecksum(`${url}//large`, 'crc32c'));
    setTimeout(exit, 20);
    await Promise.all(sums);
  },
  'exit as reading back waits for a rate limit': async () => {
    const rateLimit = new RateLimit(2 ** 16);
    const sums = Array.from({ length: 20 }, () => readChecksum(`${url}//large`, 'crc32c', { rateLimit }));
    setTimeout(exit, 200);
    await Promise.all(sums);
  },
  'exit at a frozen server, copying': () =>
    copies(2, 'up', () => {
      process.kill(Number(pid), 'SIGSTOP');
      setTimeout(sayAndExit, 300);
    }),
  'exit at a frozen server, copying small files': () =>
    smallCopies('up', () => {
      process.kill(Number(pid), 'SIGSTOP');
      setTimeout(sayAndExit, 300);
    }),
  'exit at a frozen server, asking': async () => {
    await fs.ping();
    process.kill(Number(pid), 'SIGSTOP');
    const storm = stats(100);
    setTimeout(sayAndExit, 300);
    await Promise.all(storm);
  },
  'end by itself': async () => {
    await Promise.all(stats(100));
    const small = new CopyProcess();
    small.add({ source: `${url}//small`, target: target() });
    await small.run();
    await checksumFile(process.argv[1] ?? '');
  },
  'end by itself, having only loaded': () => Promise.resolve(),
  'an exception in mid-copy': () =>
    copies(3, 'up', () => {
      setImmediate(() => {
        throw new Error('on purpose');
      });
    }),
  'an exception in a listener': () =>
    copies(3, 'up', () => {
      throw new Error('on purpose');
    }),
  'an unhandled rejection': async () => {
    void fs.stat('/nothing on purpose');
    await copies(3, 'up', () => undefined);
  },
  'a signal in mid-copy': () => copies(3, 'up', () => process.stdout.write('flowing')),
  'a signal in a storm of stats': async () => {
    for (;;) {
      await Promise.all(stats(500));
      process.stdout.write('flowing');
    }
  },
  'three workers in a row': async () => {
    for (let i = 0; i < 3; i += 1) {
      const code = await ended(worker('work'));
      if (code !== 0) throw new Error(`worker ended with ${code}`);
    }
    await fs.stat('/large');
  },
  'two workers at once, and the main thread': async () => {
    const codes = await Promise.all([
      ended(worker('work')),
      ended(worker('work')),
      ...stats(200).map((s) => s.then(() => 0)),
    ]);
    if (codes.some((code) => code !== 0)) throw new Error(`ended with ${String(codes)}`);
    await fs.stat('/large');
  },
  'a worker ended in mid-copy': () => terminated('copy'),
  'a worker ended as copies wait for a rate limit': () => terminated('limited'),
  'a worker ended in a storm of stats': () => terminated('stat'),
  'a worker ended in a storm of small copies': () => terminated('small'),
  'a worker ended as it writes files': () => terminated('write'),
  'a worker ended as it writes a file piece by piece': () => terminated('write pieces'),
  'a worker ended as it reads files back': () => terminated('read'),
  'a worker ended as reading back waits for a rate limit': () => terminated('read limited'),
  'a worker that exits in mid-copy': async () => {
    const code = await ended(worker('exit'));
    if (code !== 7) throw new Error(`worker ended with ${code}`);
    await fs.stat('/large');
  },
  'exit while a worker copies': async () => {
    await message(worker('copy'));
    exit();
  },
  'objects collected while they work': async () => {
    const collected: string[] = [];
    const registry = new FinalizationRegistry((name: string) => collected.push(name));
    const gc = (globalThis as unknown as { gc: () => void }).gc;
    const work = (() => {
      const own = new FileSystem(url);
      registry.register(own, 'file system');
      const storm = Array.from({ length: 500 }, () => own.stat('/large'));
      const small = new CopyProcess();
      small.add({ source: `${url}//small`, target: target() });
      small.add({ source: process.argv[1] ?? '', target: target(), sizeHint: 1 });
      registry.register(small, 'copies');
      return [...storm, small.run()];
    })();
    const collect = setInterval(gc, 1);
    await Promise.all(work);
    work.length = 0;
    while (collected.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    clearInterval(collect);
  },
};

await scenarios[scenario]?.();
if (scenario.startsWith('exit')) await never;
