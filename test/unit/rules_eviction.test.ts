import assert from 'node:assert/strict';
import fc from 'fast-check';
import { judgeEviction } from '../../lib/rules/eviction.js';
import type { RemoteFile } from '../../lib/rules/remote_state.js';

const file: RemoteFile = { size: 1, kind: 'file', offline: false, backUpExists: true };

describe('judgeEviction', () => {
  const table: [what: string, file: RemoteFile | null, answer: string][] = [
    ['nothing there', null, 'NotFound'],
    ['online and on tape', file, 'evict'],
    ['online and not on tape', { ...file, backUpExists: false }, 'NotOnTape'],
    ['empty and not on tape', { ...file, size: 0, backUpExists: false }, 'NotOnTape'],
    ['empty and on tape', { ...file, size: 0 }, 'keep'],
    ['offline', { ...file, offline: true }, 'keep'],
    ['offline without the tape flag', { ...file, offline: true, backUpExists: false }, 'keep'],
    ['a directory', { ...file, kind: 'directory' }, 'NotAFile'],
    ['being written', { ...file, kind: 'other' }, 'NotAFile'],
  ];
  for (const [what, given, answer] of table) {
    it(`${what}: ${answer}`, () => {
      const verdict = judgeEviction(given);
      assert.equal('refuse' in verdict ? verdict.code : 'keep' in verdict ? 'keep' : 'evict', answer);
    });
  }

  it('never gives up what is not on tape', () => {
    fc.assert(
      fc.property(
        fc.record({
          size: fc.nat(),
          kind: fc.constantFrom('file', 'directory', 'other'),
          offline: fc.boolean(),
          backUpExists: fc.boolean(),
        }),
        (given) => {
          if ('evict' in judgeEviction(given)) assert.ok(given.backUpExists && given.kind === 'file');
        },
      ),
    );
  });
});
