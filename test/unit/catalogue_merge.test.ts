import assert from 'node:assert/strict';
import { mergedChecksums, mergedRow } from '../../lib/catalogue/merge.js';
import {
  checksumsText,
  parseChecksums,
  type ChecksumSource,
  type RecordFacts,
} from '../../lib/catalogue/row.js';
import { factsOf, rowOf } from '../support/catalogue.js';

describe('checksums of two rows that may be equal', () => {
  const of = (text: string, source: ChecksumSource = 'read') =>
    factsOf('a', { checksums: parseChecksums(text), source });
  const table: [string, RecordFacts, RecordFacts, string][] = [
    ['one type in common: both', of('crc32c:1 adler32:5'), of('crc32c:1 md5:6'), 'crc32c:1 md5:6 adler32:5'],
    // Different short records often have the same.
    ['adler32 in common: those found now', of('crc32c:1 adler32:5'), of('adler32:5'), 'adler32:5'],
    // A file that was rewritten, and whose time was put back: a row of both would call good bytes damaged.
    ['none in common: those found now', of('adler32:1'), of('crc32c:5'), 'crc32c:5'],
    ['none in common, put before: those found now', of('adler32:1', 'put'), of('crc32c:5'), 'crc32c:5'],
    ['only the server’s word now: those before', of('adler32:1'), of('md5:5', 'server'), 'adler32:1'],
    ['none now: those before', of('adler32:1'), of(''), 'adler32:1'],
    ['none before: those found now', of(''), of('adler32:1'), 'adler32:1'],
  ];
  for (const [name, before, now, expected] of table)
    it(name, () => {
      assert.equal(checksumsText(mergedChecksums(before, now).checksums), expected);
    });

  it('none in common: those of the later comparison, whatever else was found out later', () => {
    const compared = { ...rowOf('a'), checksums: parseChecksums('crc32c:5'), mtime: null, compared: 20 };
    const audited = {
      ...rowOf('a'),
      ...{ checksums: parseChecksums('adler32:1'), mtime: null, compared: 10, audited: 30, audit: 'ok' },
      copied: 10,
    };
    for (const merged of [mergedRow(compared, audited), mergedRow(audited, compared)])
      assert.equal(checksumsText(merged.checksums), 'crc32c:5');
    for (const more of [{ copied: compared.copied }, { remoteMtime: 7 }]) {
      const merged = mergedRow(compared, { ...audited, ...more });
      const expected = 'copied' in more ? 'crc32c:5 adler32:1' : 'crc32c:5';
      assert.equal(
        checksumsText(merged.checksums),
        expected,
        'both, where the file on the server is untouched',
      );
    }
  });
});
