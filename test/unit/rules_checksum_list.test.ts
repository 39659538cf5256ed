import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  checkExpected,
  judgeListed,
  parseChecksumLine,
  type ExpectedFile,
} from '../../lib/rules/checksum_list.js';
import type { RemoteFile } from '../../lib/rules/remote_state.js';

const sha256 = 'ab'.repeat(32);

describe('parseChecksumLine', () => {
  const good: [line: string, path: string, type: string, value: string, given?: string][] = [
    ['adler32:0123abcd  a/b.h5', 'a/b.h5', 'adler32', '0123abcd'],
    ['CRC32C:0123ABCD a', 'a', 'crc32c', '0123abcd'],
    ['0123abcd a b', 'a b', 'adler32', '0123abcd'],
    ['123abcd  a', 'a', 'adler32', '123abcd'],
    [`${sha256}  a`, 'a', 'sha256', sha256, 'sha256'],
    [`${sha256} *a`, 'a', 'sha256', sha256, 'sha256'],
    [`sha256:${sha256}\ta`, 'a', 'sha256', sha256],
    ['0123abcd  ./a/b\r', 'a/b', 'adler32', '0123abcd'],
    ['\uFEFF0123abcd  ä #1', 'ä #1', 'adler32', '0123abcd'],
    ['\uFEFF0123abcd  \uFEFFa', '\uFEFFa', 'adler32', '0123abcd'],
    ['own:12  a', 'a', 'own', '12'],
  ];
  for (const [line, path, type, value, given = 'adler32'] of good) {
    it(JSON.stringify(line), () => {
      assert.deepEqual(parseChecksumLine(line, given), { path, expected: { type, value } });
    });
  }

  for (const line of ['', '   ', '# a list', '\r'])
    it(`${JSON.stringify(line)} is nothing`, () => {
      assert.equal(parseChecksumLine(line, 'adler32'), undefined);
    });

  const bad: [line: string, message: RegExp][] = [
    ['a/b.h5', /is not "<type>/],
    ['0123abcd', /is not "<type>/],
    ['0123abcd  ', /is not "<type>/],
    ['xyz  a', /is not "<type>/],
    [`\\${sha256}  a\\nb`, /is not "<type>/],
    ['0123abcd0  a', /9 hexadecimal digits, adler32 has 8/],
    [`${sha256}  a`, /64 hexadecimal digits, adler32 has 8/],
    ['sha256:0123abcd  a', /8 hexadecimal digits, sha256 has 64/],
    ['0123abcd  /a', /is absolute/],
    ['0123abcd  ../a', /component "\.\."/],
    ['0123abcd  a?b', /\?/],
    ['0123abcd  a//b', /empty component/],
  ];
  for (const [line, message] of bad) {
    it(`${JSON.stringify(line)} is refused`, () => {
      assert.throws(() => parseChecksumLine(line, 'adler32'), message);
    });
  }

  it('reads what it would write', () => {
    const hex = fc.nat(0xffffffff).map((number) => number.toString(16).padStart(8, '0'));
    const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_ .#%-]{0,20}[a-z]$/);
    fc.assert(
      fc.property(hex, fc.array(name, { minLength: 1, maxLength: 3 }), (value, names) => {
        const path = names.join('/');
        assert.deepEqual(parseChecksumLine(`crc32c:${value}  ${path}`, 'adler32'), {
          path,
          expected: { type: 'crc32c', value },
        });
      }),
    );
  });

  it('never throws anything but an Error, whatever the line', () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        try {
          parseChecksumLine(line, 'adler32');
        } catch (error) {
          assert.ok(error instanceof Error && !(error instanceof TypeError));
        }
      }),
    );
  });
});

describe('checkExpected', () => {
  it('refuses sizes that are no numbers of bytes', () => {
    for (const size of [-1, 1.5, NaN]) {
      assert.throws(() => {
        checkExpected('a', { type: 'adler32', value: '1', size });
      }, /no number of bytes/);
    }
  });
});

describe('judgeListed', () => {
  const remote: RemoteFile = { size: 3, kind: 'file', offline: true, backUpExists: true };
  const adler = (value: string): ExpectedFile => ({ type: 'adler32', value });
  const table: [what: string, ExpectedFile, RemoteFile | null, ExpectedFile | undefined, string][] = [
    ['nothing there', adler('1'), null, undefined, 'absent'],
    ['a directory', adler('1'), { ...remote, kind: 'directory' }, undefined, 'conflict'],
    ['another size', { ...adler('1'), size: 4 }, remote, adler('1'), 'conflict'],
    ['not asked yet', adler('1'), remote, undefined, 'ask'],
    ['the same', { ...adler('1'), size: 3 }, remote, adler('00000001'), 'verified'],
    ['another', adler('1'), remote, adler('2'), 'conflict'],
    ['of another type', adler('1'), remote, { type: 'crc32c', value: '1' }, 'unknown'],
    ['both empty', adler('00000001'), { ...remote, size: 0 }, undefined, 'verified'],
    ['empty, should not be', adler('2'), { ...remote, size: 0 }, undefined, 'conflict'],
    [
      'empty, of a type we do not know',
      { type: 'own', value: '2' },
      { ...remote, size: 0 },
      undefined,
      'ask',
    ],
  ];
  for (const [what, expected, file, theirs, answer] of table) {
    it(`${what}: ${answer}`, () => {
      const verdict = judgeListed(expected, file, theirs);
      assert.equal('ask' in verdict ? 'ask' : verdict.verdict, answer);
    });
  }
});
