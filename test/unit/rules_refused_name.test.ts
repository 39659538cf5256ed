import assert from 'node:assert/strict';
import { refusedLetters, refusedNameText } from '../../lib/rules/refused_name.js';

describe('names that a server refuses', () => {
  it('have other characters than EOS names in its error; each counts once', () => {
    assert.deepEqual(refusedLetters('2026/Run 1/a-b_c.h5~#:^'), []);
    assert.deepEqual(refusedLetters('ä+b+/ä(1)'), ['ä', '+', '(', ')']);
    assert.deepEqual(refusedLetters('😀'), ['😀']);
  });

  it('are told with what to do', () => {
    assert.match(refusedNameText(['ä', '+']), /because of "ä", "\+" .*give it another name, or leave it out/);
  });
});
