import assert from 'node:assert/strict';
import { CopyProcess, type CopyJobOptions } from '../../lib/xrdcl/index.js';
import { jobPropertiesOf } from '../../lib/xrdcl/copy_options.js';

const ends = { source: '/a/f', target: 'root://no-such-host.invalid//b/f' };

const range = (least: number, most: number) => ({
  good: [least, most],
  bad: [least - 1, most + 1, least + 0.5],
});
const flag = { good: [true, false], bad: ['true', 1, 0, 'yes', null] };

/** Every property of libXrdCl's jobs but their ends: values that are passed on as they are, and values that are refused. */
const options: Record<
  Exclude<keyof CopyJobOptions, 'source' | 'target' | 'sizeHint' | 'sync' | 'alsoCheckSumType'>,
  { good: unknown[]; bad: unknown[] }
> = {
  force: flag,
  continue: flag,
  posc: flag,
  ownerOnly: flag,
  makeDir: flag,
  coerce: flag,
  targetIsDir: { good: [false], bad: flag.bad },
  dynamicSource: flag,
  preserveXAttr: flag,
  rmOnBadCksum: flag,
  xcp: flag,
  chunkSize: range(4096, 2 ** 30),
  parallelChunks: range(1, 255),
  xrate: range(0, Number.MAX_SAFE_INTEGER),
  xrateThreshold: range(0, Number.MAX_SAFE_INTEGER),
  cpTimeout: range(0, 65_535),
  initTimeout: range(1, 65_535),
  tpcTimeout: range(1, 65_535),
  nbXcpSources: range(1, 255),
  xcpBlockSize: range(4096, 2 ** 40),
  checkSumMode: { good: ['none'], bad: ['end2End', 'both', '', true, 1] },
  checkSumType: { good: ['adler32', 'crc32c', 'md5'], bad: ['', 'a b', 'auto', 'a:b'] },
  checkSumPreset: { good: ['0', 'DEADbeef'], bad: ['', '0x1', 'xyz', 'ab cd'] },
  thirdParty: { good: ['none', 'first', 'only'], bad: ['', 'yes', true, 'First'] },
};
const notNumbers = [NaN, Infinity, -Infinity, '5', null, 2n];

describe('copy options', () => {
  for (const [name, { good, bad }] of Object.entries(options)) {
    for (const value of good) {
      it(`${name}: ${String(value)} is passed on`, () => {
        const properties = Object.entries(jobPropertiesOf({ ...ends, [name]: value }));
        if (name !== 'targetIsDir') assert.equal(new Map(properties).get(name), value);
      });
    }
    for (const value of typeof good[0] === 'number' ? [...bad, ...notNumbers] : bad) {
      it(`${name}: ${typeof value} ${String(value)} is refused, and nothing is added`, () => {
        const copies = new CopyProcess();
        assert.throws(() => copies.add({ ...ends, [name]: value }), {
          name: /^(Type|Range)Error$/,
          message: new RegExp(name),
        });
        assert.equal(copies.size, 0);
      });
    }
  }

  it('undefined is the default', () => {
    const unset = Object.fromEntries(Object.keys(options).map((name) => [name, undefined]));
    assert.deepEqual(jobPropertiesOf({ ...ends, ...unset }), jobPropertiesOf(ends));
    assert.deepEqual(jobPropertiesOf(ends), { ...ends, makeDir: true });
  });

  const refused: [title: string, options: object][] = [
    ['no source', { target: '/b' }],
    ['no target', { source: '/a' }],
    ['a source that is no string', { source: 5, target: '/b' }],
    ['an option of another name', { ...ends, Force: true }],
    ['sourceLimit, which libXrdCl documents and ignores', { ...ends, sourceLimit: 2 }],
    ['jobType, which would be a configuration', { ...ends, jobType: 'configuration' }],
    ['force with continue', { ...ends, force: true, continue: true }],
    ['an unknown second type of checksum', { ...ends, alsoCheckSumType: 'sha1' }],
    ['a checksum mode without a type', { ...ends, checkSumMode: 'end2end' }],
    ['posc to a local target', { source: '/a', target: '/b', posc: true }],
    ['rmOnBadCksum to a local target', { source: '/a', target: '/b', rmOnBadCksum: true }],
    ['a directory as target for a source without a name', { source: '/a/', target: '/b', targetIsDir: true }],
  ];
  for (const [title, given] of refused) {
    it(`refuses ${title}`, () => {
      const copies = new CopyProcess();
      assert.throws(() => copies.add(given as CopyJobOptions), { name: /^(Type|Range)Error$/ });
      assert.equal(copies.size, 0);
    });
  }

  const directories: [source: string, target: string, result: string][] = [
    ['/a/f', '/d', '/d/f'],
    ['/a/f', '/d/', '/d/f'],
    ['root://h//a/f?x=1', '/d', '/d/f'],
    ['/a/f', 'root://h//d', 'root://h//d/f'],
    ['/a/f', 'root://h//d/?x=1', 'root://h//d/f?x=1'],
  ];
  for (const [source, target, result] of directories) {
    it(`${source} into the directory ${target} is ${result}`, () => {
      assert.equal(jobPropertiesOf({ source, target, targetIsDir: true }).target, result);
    });
  }

  it('asks for small chunks when the rate is low, so that a cancel is seen within a second', () => {
    assert.equal(jobPropertiesOf({ ...ends, xrate: 400_000 }).chunkSize, 100_000);
    assert.equal(jobPropertiesOf({ ...ends, xrate: 1 }).chunkSize, 4096);
    assert.equal(jobPropertiesOf({ ...ends, xrate: 1e9 }).chunkSize, 8 * 2 ** 20);
    assert.equal(jobPropertiesOf({ ...ends, xrate: 400_000, chunkSize: 8192 }).chunkSize, 8192);
  });
});

describe('options of a run', () => {
  for (const parallel of [0, -1, 129, 1.5, NaN]) {
    it(`parallel ${parallel} is refused`, async () => {
      await assert.rejects(new CopyProcess().run({ parallel }), RangeError);
    });
  }
  for (const progressPerSecond of [0, -1, 1001, NaN]) {
    it(`progressPerSecond ${progressPerSecond} is refused`, async () => {
      await assert.rejects(new CopyProcess().run({ progressPerSecond }), RangeError);
    });
  }

  it('no jobs are no results', async () => {
    assert.deepEqual(await new CopyProcess().run(), []);
  });

  it('runs once; a run that was refused has not run', async () => {
    const copies = new CopyProcess();
    await assert.rejects(copies.run({ parallel: 0 }), RangeError);
    await copies.run();
    await assert.rejects(copies.run(), /has run/);
    assert.throws(() => copies.add(ends), /has run/);
  });
});
