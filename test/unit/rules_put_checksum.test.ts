import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checksumTypes } from '../../lib/posix/index.js';
import { countedPutChecksum, damageText, parsePutChecksum } from '../../lib/rules/put_checksum.js';

const file = { size: 3n, mtimeNs: 1_795_694_590_766_410_427n };
const text = 'v1 adler32:024d0127 3 1795694590766410427';
const md5 = '900150983cd24fb0d6963f7d28e17f72';
const digitsOf = (type: string) => (type === 'md5' ? 32 : 8);

const HEX = Array.from({ length: 16 }, (_, digit) => digit.toString(16));
const hexOf = (digits: number) =>
  fc.array(fc.constantFrom(...HEX), { minLength: digits, maxLength: digits }).map((all) => all.join(''));
const sum = fc
  .constantFrom(...checksumTypes)
  .chain((type) => hexOf(digitsOf(type)).map((value) => ({ type, value })));
const identity = fc.record({
  size: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  mtimeNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
});

describe('the checksum that put() keeps with a record', () => {
  it('counts for the file that put() has written', () => {
    assert.deepEqual(countedPutChecksum(text, file), { type: 'adler32', value: '024d0127' });
    assert.deepEqual(countedPutChecksum(`v1 md5:${md5} 3 -5`, { size: 3n, mtimeNs: -5n }), {
      type: 'md5',
      value: md5,
    });
  });

  for (const [what, other] of [
    ['was written to', { ...file, size: 4n }],
    ['was cut off', { ...file, size: 2n }],
    ['has another time', { ...file, mtimeNs: file.mtimeNs + 1n }],
    ['has an earlier time', { ...file, mtimeNs: file.mtimeNs - 1n }],
  ] as const)
    it(`doesn't count if the file ${what} since`, () => {
      assert.equal(countedPutChecksum(text, other), undefined);
    });

  const nonsense = [
    undefined,
    '',
    'v1',
    text.replace('v1', 'v2'),
    text.replace('v1 ', ''),
    text.replace('adler32:', ''),
    text.replace('adler32', 'sha256'),
    text.replace('adler32', 'constructor'),
    text.replace('adler32', 'md5'),
    text.replace('024d0127', ''),
    text.replace('024d0127', '24d0127'),
    text.replace('024d0127', '0024d0127'),
    text.replace('024d0127', '024D0127'),
    text.replace('024d0127', '024d012g'),
    text.replace(' 3 ', '  '),
    text.replace(' 3 ', ' 3.0 '),
    text.replace(' 3 ', ' 0x3 '),
    `${text}\n`,
    `${text}\0`,
    `${text} `,
    ` ${text}`,
    `${text} more`,
    `v1 adler32:024d0127 ${'3'.repeat(70_000)} 1`,
  ];
  for (const other of nonsense)
    it(`doesn't count as ${JSON.stringify(other?.slice(0, 60))}`, () => {
      assert.equal(countedPutChecksum(other, file), undefined);
    });

  it('counts for exactly the size and the time that it names', () => {
    fc.assert(
      fc.property(sum, identity, identity, (kept, at, now) => {
        const value = `v1 ${kept.type}:${kept.value} ${at.size} ${at.mtimeNs}`;
        assert.deepEqual(countedPutChecksum(value, at), kept);
        const same = now.size === at.size && now.mtimeNs === at.mtimeNs;
        assert.deepEqual(countedPutChecksum(value, now), same ? kept : undefined);
      }),
    );
  });

  it('is never read out of any other text', () => {
    fc.assert(
      fc.property(fc.string(), identity, (other, at) => {
        assert.equal(countedPutChecksum(other, at), undefined);
      }),
    );
  });
});

describe('an expected checksum', () => {
  it('is type:hex, whatever the case, with or without leading zeros', () => {
    const zeros = { type: 'adler32', value: '0000ab01' };
    for (const same of ['adler32:0000ab01', 'adler32:ab01', 'ADLER32:0000AB01'])
      assert.deepEqual(parsePutChecksum(same), zeros);
    fc.assert(
      fc.property(sum, (one) => {
        assert.deepEqual(parsePutChecksum(`${one.type}:${one.value}`), one);
      }),
    );
  });

  for (const nonsense of [
    '',
    ':',
    'adler32',
    'adler32:',
    '0000ab01',
    'sha256:00',
    'adler32:0000ab01 ',
    'adler32:0000ab012',
    'adler32:xyz',
    'adler32=ab01',
    'toString:ab01',
    `md5:${md5}0`,
  ])
    it(`is not ${JSON.stringify(nonsense)}`, () => {
      assert.equal(parsePutChecksum(nonsense), undefined);
    });
});

describe('what is said of a damaged record', () => {
  const put = { type: 'adler32', value: '024d0127' };
  const read = { type: 'adler32', value: '024d0126' };
  for (const [server, words] of [
    [{ has: 'nothing' }, /no copy/],
    [{ has: 'what was put' }, /the good one.*restore/],
    [{ has: 'other', reason: 'it has 2 bytes' }, /isn't what was put either \(it has 2 bytes\)/],
    [{ has: 'unknown', reason: 'it is offline' }, /not known \(it is offline\)/],
  ] as const)
    it(`names file, both checksums, and what to do if the server has ${server.has}`, () => {
      const message = damageText('a/r', put, read, server);
      assert.match(message, words);
      for (const part of [
        'adler32:024d0127',
        'adler32:024d0126',
        'touch a/r',
        'setfattr -x user.xrootd-archive.checksum a/r',
      ])
        assert.ok(message.includes(part), part);
    });
});
