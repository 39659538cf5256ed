import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { writeNewFile, type NewFile } from '../../lib/posix/index.js';
import { newFileBeside, TemporaryDirectory } from '../support/temporary.js';

describe('writeNewFile', () => {
  let local: TemporaryDirectory;
  before(() => {
    local = new TemporaryDirectory();
  });
  after(() => {
    local.remove();
  });

  const fileOf = (name: string, more: Partial<NewFile> = {}): NewFile => ({
    ...newFileBeside(local.file(name), name),
    ...more,
  });
  const end = (name: string, more: Partial<NewFile> = {}) =>
    writeNewFile(Buffer.from('new'), fileOf(name, more)).then(
      (written) => written !== undefined,
      (error: unknown) => {
        const { code, syscall, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
        assert.deepEqual([path, dest], [local.file(`.${name}`), local.file(name)]);
        return `${code} ${syscall}`;
      },
    );

  it('writes all bytes, none and many, a part of a buffer too, with its mode', async function () {
    const many = randomBytes(20_000_000);
    const contents = { none: Buffer.alloc(0), many, part: many.subarray(7, 1007) };
    for (const [name, bytes] of Object.entries(contents)) {
      // Where the kernel is too old, all goes the other way.
      if (!(await writeNewFile(bytes, fileOf(name)))) this.skip();
      assert.ok(readFileSync(local.file(name)).equals(bytes));
      assert.equal(statSync(local.file(name)).mode & 0o777, 0o640);
      assert.ok(!existsSync(local.file(`.${name}`)));
    }
    mkdirSync(local.file('a/b'), { recursive: true });
    assert.equal(await end('deep', { parent: 'a/b' }), true);
    assert.equal(readFileSync(local.file('a/b/deep'), 'utf8'), 'new');
  });

  it('tells the checksums of the bytes, and writes nothing if the last one is another than expected', async () => {
    const write = (name: string, more: Partial<NewFile>) =>
      writeNewFile(Buffer.from('abc'), fileOf(name, more));
    const adler32 = { type: 'adler32', value: '024d0127' };
    const crc32c = { type: 'crc32c', value: '364b3fb7' };
    assert.deepEqual(await write('unsummed', { checksumTypes: [] }), { checksums: [], refused: false });
    const both = { checksumTypes: ['adler32', 'crc32c'] as const };
    assert.deepEqual(await write('summed', both), { checksums: [adler32, crc32c], refused: false });
    const right = await write('expected', { ...both, expected: crc32c.value });
    assert.deepEqual(right, { checksums: [adler32, crc32c], refused: false });
    for (const expected of [adler32.value, '00000000', 'nonsense']) {
      const wrong = await write('refused', { ...both, expected });
      assert.deepEqual(wrong, { checksums: [adler32, crc32c], refused: true });
    }
    for (const name of ['.refused', 'refused']) assert.ok(!existsSync(local.file(name)));
  });

  it('replaces nothing, and leaves nothing behind', async () => {
    local.write('file', 'old');
    symlinkSync(local.file('nowhere'), local.file('link'));
    mkdirSync(local.file('directory'));
    for (const name of ['file', 'link', 'directory']) {
      assert.equal(await end(name), 'EEXIST rename');
      assert.equal(await end('other', { temporary: name }), false);
    }
    assert.equal(readFileSync(local.file('file'), 'utf8'), 'old');
    assert.ok(lstatSync(local.file('link')).isSymbolicLink());
    for (const name of ['.file', '.link', '.directory', 'other', 'nowhere'])
      assert.ok(!existsSync(local.file(name)), name);
  });

  it('follows links to the root, but none beneath it, and makes no directory', async () => {
    mkdirSync(local.file('real'));
    symlinkSync(local.file('real'), local.file('linked'));
    assert.equal(await end('through', { parent: 'linked' }), false);
    assert.equal(await end('up', { root: local.file('real'), parent: '..' }), false);
    assert.equal(await end('missing', { parent: 'missing' }), false);
    assert.equal(await end('rootless', { root: local.file('missing') }), false);
    assert.deepEqual(readdirSync(local.file('real')), []);
    assert.equal(await end('in', { root: local.file('linked') }), true);
    assert.deepEqual(readdirSync(local.file('real')), ['in']);
  });

  it('onto a full disk fails, and no short file stays', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const disk = local.file('disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    try {
      const written = writeNewFile(randomBytes(200_000), fileOf('f', { root: disk }));
      await assert.rejects(written, { code: 'ENOSPC', syscall: 'write', path: `${disk}/.f` });
      assert.deepEqual(readdirSync(disk), []);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('exactly one of many writers of one name wins', async () => {
    const written = Array.from({ length: 50 }, (_, i) =>
      writeNewFile(Buffer.from('x'), fileOf('one', { temporary: `.w${i}` })),
    );
    const ends = await Promise.allSettled(written);
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const end of ends)
      if (end.status === 'rejected') assert.equal((end.reason as NodeJS.ErrnoException).code, 'EEXIST');
  });
});
