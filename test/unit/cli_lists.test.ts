import assert from 'node:assert/strict';
import { entriesOf, type Separator } from '../../lib/cli/lists.js';

const cases: [title: string, text: string, separator: Separator, entries: string[]][] = [
  ['a path a line', 'a/1\nb\n', '\n', ['a/1', 'b']],
  ['a last line without an end', 'a\nb', '\n', ['a', 'b']],
  ['empty lines are none', '\na\n\n\nb\n', '\n', ['a', 'b']],
  ['lines of Windows', 'a\r\nb\r\n', '\n', ['a', 'b']],
  ['spaces belong to names', ' a b \n', '\n', [' a b ']],
  ['no letter is special', '#a\n*.h5\n', '\n', ['#a', '*.h5']],
  ['a byte order mark is none', '\ufeffa\n', '\n', ['a']],
  ['only the first one is', '\ufeff\ufeffa\n\ufeffb\n', '\n', ['\ufeffa', '\ufeffb']],
  ['between NUL bytes it is a letter', '\ufeffa\0\ufeffb\0', '\0', ['\ufeffa', '\ufeffb']],
  ['NUL keeps lines together', 'a\nb\0c\0', '\0', ['a\nb', 'c']],
  ['nothing', '', '\n', []],
];

describe('lists', () => {
  for (const [title, text, separator, entries] of cases) {
    it(title, () => {
      assert.deepEqual(entriesOf(Buffer.from(text), separator, 'list'), entries);
    });
  }

  it('refuse bytes that are not UTF-8', () => {
    assert.throws(() => entriesOf(Uint8Array.of(0x61, 0xff), '\n', 'list'), {
      exitCode: 2,
      message: /not UTF-8/,
    });
  });

  it('refuse NUL bytes where lines are expected', () => {
    assert.throws(() => entriesOf(Buffer.from('a\0b'), '\n', 'list'), { exitCode: 2, message: /--null/ });
  });
});
