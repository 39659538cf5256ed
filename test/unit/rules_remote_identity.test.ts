import assert from 'node:assert/strict';
import { openedAs, type OpenedAs } from '../../lib/rules/remote_identity.js';

describe('an open file and what a stat of its path told', () => {
  const mtime = new Date(1_700_000_000_000);
  const told = { id: '7', size: 10, mtime };
  const later = new Date(mtime.getTime() + 1000);
  const timeless = new Date(NaN);
  const sure = (verdict: OpenedAs) => [verdict, verdict, verdict] as const;
  type File = typeof told;
  /** Where identifiers compare, where they don't, where nobody knows. */
  const table: [string, File, File, readonly [OpenedAs, OpenedAs, OpenedAs]][] = [
    ['the same', told, told, sure('same')],
    ['another size', { ...told, size: 11 }, told, sure('other')],
    ['another size, no identifier', { ...told, id: '', size: 11 }, { ...told, id: '' }, sure('other')],
    ['another identifier', { ...told, id: '8' }, told, ['other', 'same', 'unsure']],
    ['another identifier and time', { ...told, id: '8', mtime: later }, told, ['other', 'same', 'unsure']],
    ['changed since', { ...told, mtime: later }, told, sure('other')],
    ['times that no Date holds', { ...told, mtime: timeless }, { ...told, mtime: timeless }, sure('same')],
    ['no identifier of the open file', { ...told, id: '' }, told, sure('same')],
    ['no identifier of the path, as in a listing', told, { ...told, id: '' }, sure('same')],
    ['no identifiers, other times', { ...told, id: '', mtime: later }, { ...told, id: '' }, sure('same')],
    ['identifier 0 of both', { ...told, id: '0', mtime: later }, { ...told, id: '0' }, sure('same')],
    ['identifier 0 of one', { ...told, id: '0' }, told, sure('same')],
  ];
  for (const [what, opened, path, verdicts] of table)
    it(what, () => {
      const found = [true, false, undefined].map((comparable) => openedAs(opened, path, comparable));
      assert.deepEqual(found, verdicts);
    });
});
