import assert from 'node:assert/strict';
import { asksTape, saysOnTape } from '../../lib/rules/tape_told.js';

describe('tape_state', () => {
  const file = { kind: 'file', offline: false, backUpExists: false } as const;
  const flagged = { ...file, backUpExists: true };

  it('stat: nothing is asked; query: every file; either: those without the flag', () => {
    assert.deepEqual(
      (['stat', 'query', 'either'] as const).map((mode) => [asksTape(mode, file), asksTape(mode, flagged)]),
      [
        [false, false],
        [true, true],
        [true, false],
      ],
    );
  });

  it('never asks about what is no regular file', () => {
    for (const kind of ['directory', 'other'] as const)
      for (const mode of ['stat', 'query', 'either'] as const)
        assert.equal(asksTape(mode, { ...file, kind }), false);
  });

  const answers = [
    ['on tape', { onTape: true }, true],
    ['on tape and online', { onTape: true, online: true, exists: true, requested: false }, true],
    ['no answer', undefined, false],
    ['an answer without on_tape', { online: true, exists: true }, false],
    ['not on tape', { onTape: false, online: true }, false],
    ['on tape, but there is no file', { onTape: true, exists: false }, false],
    ['on tape, with an error', { onTape: true, error: 'archive failed' }, false],
    ['on tape and offline, where the stat says online', { onTape: true, online: false }, false],
  ] as const;
  for (const [what, answer, believed] of answers)
    it(`${believed ? 'believes' : "doesn't believe"}: ${what}`, () => {
      assert.equal(saysOnTape(answer, file), believed);
    });

  it('believes of an offline file only what agrees with that', () => {
    assert.equal(saysOnTape({ onTape: true, online: false }, { ...file, offline: true }), true);
    assert.equal(saysOnTape({ onTape: true, online: true }, { ...file, offline: true }), false);
  });
});
