import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decideRestore, type RestoreFacts } from '../../lib/rules/restoring.js';

const file = (size: number) => ({ kind: 'file' as const, size });
const by = (same: boolean | undefined): RestoreFacts['compared'] =>
  same === undefined ? undefined : { same, by: 'crc32c' };

describe('what to do about a record that is to be restored', () => {
  type Row = [string, RestoreFacts['local'], number, boolean | undefined, boolean, string];
  const table: Row[] = [
    // local, remote size, same checksum, overwrite
    ['nothing is there', null, 5, undefined, false, 'fetch'],
    ['nothing is there, overwrite', null, 5, undefined, true, 'fetch'],
    ['same size: look closer', file(5), 5, undefined, false, 'ask'],
    ['same size, overwrite: look closer all the same', file(5), 5, undefined, true, 'ask'],
    ['identical', file(5), 5, true, false, 'skip'],
    ['identical, overwrite', file(5), 5, true, true, 'skip'],
    ['other bytes', file(5), 5, false, false, 'conflict .*other bytes'],
    ['other bytes, overwrite', file(5), 5, false, true, 'replace'],
    ['shorter', file(4), 5, undefined, false, 'conflict .*4 bytes.* has 5'],
    ['longer', file(6), 5, undefined, false, 'conflict .*6 bytes.* has 5'],
    ['longer, overwrite', file(6), 5, undefined, true, 'replace'],
    ['empty, both', file(0), 0, undefined, false, 'skip'],
    ['empty, and there is more', file(0), 5, undefined, false, 'conflict'],
    ['a directory', { kind: 'directory', size: 5 }, 5, true, false, 'conflict .*directory'],
    ['a directory, overwrite', { kind: 'directory', size: 5 }, 5, false, true, 'conflict .*directory'],
    ['a link', { kind: 'other', size: 5 }, 5, true, false, 'conflict .*no regular file'],
    ['a link, overwrite', { kind: 'other', size: 5 }, 5, false, true, 'conflict .*no regular file'],
  ];
  for (const [title, local, size, sameChecksum, overwrite, says] of table) {
    it(title, () => {
      const answer = decideRestore({ local, remote: { size }, compared: by(sameChecksum), overwrite });
      const text = 'ask' in answer ? 'ask' : `${answer.action} ${'reason' in answer ? answer.reason : ''}`;
      assert.match(text, new RegExp(`^${says}`));
    });
  }

  it('never says more than was compared', () => {
    const said = (compared: RestoreFacts['compared']) => {
      const answer = decideRestore({ local: file(5), remote: { size: 5 }, compared, overwrite: false });
      return 'reason' in answer ? answer.reason : answer;
    };
    assert.equal(said({ same: true, by: 'crc32c' }), 'already here, identical');
    assert.equal(said({ same: true, by: 'adler32' }), 'already here, same size and adler32');
    assert.equal(said({ same: true, by: 'size' }), 'already here, same size');
  });

  const facts = fc.record({
    local: fc.option(
      fc.record({
        kind: fc.constantFrom('file' as const, 'directory' as const, 'other' as const),
        size: fc.nat(3),
      }),
    ),
    remote: fc.record({ size: fc.nat(3) }),
    overwrite: fc.boolean(),
  });

  it('one question leads to an action', () => {
    fc.assert(
      fc.property(facts, fc.boolean(), (given, sameChecksum) => {
        assert.ok('action' in decideRestore({ ...given, compared: by(sameChecksum) }));
      }),
    );
  });

  it('where server and catalogue disagree about the file that is here, nothing is fetched or replaced', () => {
    const sum = (value: string) => ({ type: 'md5', value });
    fc.assert(
      fc.property(facts, fc.boolean(), fc.boolean(), (given, same, knownSame) => {
        const known = { same: knownSame, here: sum('1'), catalogue: sum(knownSame ? '1' : '2') };
        const answer = decideRestore({ ...given, compared: by(same), known });
        const without = decideRestore({ ...given, compared: by(same) });
        const { local, remote } = given;
        const compared = local?.kind === 'file' && local.size === remote.size && remote.size > 0;
        if (compared && same !== knownSame) assert.ok('action' in answer && answer.action === 'lost');
        else assert.deepEqual(answer, without);
      }),
    );
  });

  it('nothing is replaced unasked, and nothing but files; nothing is skipped unread', () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(undefined, true, false), (given, sameChecksum) => {
        const answer = decideRestore({ ...given, compared: by(sameChecksum) });
        if (!('action' in answer)) return;
        if (answer.action === 'replace') assert.ok(given.overwrite && given.local?.kind === 'file');
        if (answer.action === 'fetch') assert.equal(given.local, null);
        if (answer.action !== 'skip') return;
        assert.ok(given.local?.kind === 'file' && given.local.size === given.remote.size);
        assert.ok(sameChecksum === true || given.remote.size === 0);
      }),
    );
  });
});
