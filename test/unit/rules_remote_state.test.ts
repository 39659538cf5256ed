import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sameChecksum, type Checksum } from '../../lib/rules/checksum.js';
import {
  classifyRemote,
  isQuestion,
  type RemoteFacts,
  type RemoteFile,
} from '../../lib/rules/remote_state.js';

const sum = (value: string, type = 'adler32'): Checksum => ({ type, value });
const file = (size: number, more: Partial<RemoteFile> = {}): RemoteFile => ({
  size,
  kind: 'file',
  offline: false,
  backUpExists: false,
  ...more,
});
const A = sum('0000abcd');
const B = sum('1234abcd');
const failed = { failed: 'the server says no' };

describe('the state of a remote copy', () => {
  const table: [string, RemoteFacts, object][] = [
    ['nothing there', { local: { size: 5 }, remote: null, verify: 'bytes' }, { state: 'absent' }],
    ['stat failed (S11)', { local: { size: 5 }, remote: failed, verify: 'size' }, { state: 'unknown' }],
    [
      'a directory',
      { local: { size: 5 }, remote: file(5, { kind: 'directory' }), verify: 'size' },
      { state: 'conflict' },
    ],
    [
      'a special',
      { local: { size: 5 }, remote: file(5, { kind: 'other' }), verify: 'size' },
      { state: 'conflict' },
    ],
    [
      'a directory with the tape flag',
      { local: { size: 5 }, remote: file(5, { kind: 'directory', backUpExists: true }), verify: 'size' },
      { state: 'conflict' },
    ],
    ['longer', { local: { size: 5 }, remote: file(6), verify: 'bytes' }, { state: 'conflict' }],
    [
      'longer, on tape',
      { local: { size: 5 }, remote: file(6, { backUpExists: true }), verify: 'size' },
      { state: 'conflict' },
    ],
    [
      'same size, verify: size',
      { local: { size: 5 }, remote: file(5), verify: 'size' },
      { state: 'cached', verifiedBy: 'size' },
    ],
    [
      'same size on tape, verify: size',
      { local: { size: 5 }, remote: file(5, { backUpExists: true, offline: true }), verify: 'size' },
      { state: 'backed_up', verifiedBy: 'size' },
    ],
    [
      'Offline alone proves nothing',
      { local: { size: 5 }, remote: file(5, { offline: true }), verify: 'size' },
      { state: 'cached', verifiedBy: 'size' },
    ],
    [
      'asks for both sums',
      { local: { size: 5 }, remote: file(5), verify: 'bytes' },
      { ask: 'checksum', local: true, remote: true },
    ],
    [
      'asks for what is missing',
      { local: { size: 5, checksum: A }, remote: file(5), verify: 'bytes' },
      { ask: 'checksum', local: false, remote: true },
    ],
    [
      'equal',
      { local: { size: 5, checksum: A }, remote: file(5), remoteChecksum: sum('ABCD'), verify: 'bytes' },
      { state: 'cached', verifiedBy: 'checksum' },
    ],
    [
      'equal, on tape',
      {
        local: { size: 5, checksum: A },
        remote: file(5, { backUpExists: true }),
        remoteChecksum: A,
        verify: 'bytes',
      },
      { state: 'backed_up', verifiedBy: 'checksum' },
    ],
    [
      'other bytes, on tape',
      {
        local: { size: 5, checksum: A },
        remote: file(5, { backUpExists: true }),
        remoteChecksum: B,
        verify: 'bytes',
      },
      { state: 'conflict' },
    ],
    [
      'another type than asked for',
      {
        local: { size: 5, checksum: A },
        remote: file(5),
        remoteChecksum: sum(A.value, 'crc32c'),
        verify: 'bytes',
      },
      { state: 'unknown' },
    ],
    [
      'an answer that is no number',
      { local: { size: 5, checksum: A }, remote: file(5), remoteChecksum: sum(''), verify: 'bytes' },
      { state: 'conflict' },
    ],
    [
      'the server has no checksum (S11)',
      { local: { size: 5, checksum: A }, remote: file(5), remoteChecksum: failed, verify: 'bytes' },
      { state: 'unknown' },
    ],
    [
      'the local file can not be read (S11)',
      { local: { size: 5, checksum: failed }, remote: file(5), verify: 'bytes' },
      { state: 'unknown' },
    ],
    [
      'both empty',
      { local: { size: 0 }, remote: file(0), verify: 'bytes' },
      { state: 'cached', verifiedBy: 'checksum' },
    ],
    [
      'both empty, and the remote one may have been opened a moment ago',
      { local: { size: 0 }, remote: file(0), verify: 'bytes', writing: true },
      { state: 'writing' },
    ],
    [
      'both empty, on tape',
      { local: { size: 0 }, remote: file(0, { backUpExists: true }), verify: 'size', writing: true },
      { state: 'backed_up' },
    ],
    [
      'equal by a weak checksum',
      { local: { size: 5, checksum: A }, remote: file(5), remoteChecksum: A, verify: 'bytes', weak: true },
      { state: 'cached', verifiedBy: 'weak_checksum' },
    ],
    [
      'empty remote that may be written',
      { local: { size: 5 }, remote: file(0), verify: 'bytes', writing: true },
      { state: 'writing' },
    ],
    [
      'shorter, our own prefix, may be written',
      {
        ...{ local: { size: 5, prefixChecksum: A }, remote: file(3), remoteChecksum: A },
        ...{ verify: 'bytes', writing: true },
      },
      { state: 'writing' },
    ],
    [
      'shorter, other bytes, however young',
      {
        ...{ local: { size: 5, prefixChecksum: A }, remote: file(3), remoteChecksum: B },
        ...{ verify: 'bytes', writing: true },
      },
      { state: 'conflict' },
    ],
    [
      'shorter, the same weak checksum: nothing that may be replaced',
      {
        ...{ local: { size: 5, prefixChecksum: A }, remote: file(3), remoteChecksum: A },
        ...{ verify: 'bytes', weak: true },
      },
      { state: 'conflict' },
    ],
    [
      'shorter, a look only',
      { local: { size: 5 }, remote: file(3), verify: 'bytes', looksOnly: true },
      { state: 'partial' },
    ],
    ['empty remote', { local: { size: 5 }, remote: file(0), verify: 'bytes' }, { state: 'partial' }],
    [
      'empty remote, on tape',
      { local: { size: 5 }, remote: file(0, { backUpExists: true }), verify: 'bytes' },
      { state: 'conflict' },
    ],
    [
      'shorter asks for the prefix, even under verify: size (S4)',
      { local: { size: 5 }, remote: file(3), verify: 'size' },
      { ask: 'prefix_checksum', length: 3, local: true, remote: true },
    ],
    [
      'shorter, our own prefix',
      { local: { size: 5, prefixChecksum: A }, remote: file(3), remoteChecksum: A, verify: 'bytes' },
      { state: 'partial' },
    ],
    [
      'shorter, other bytes',
      { local: { size: 5, prefixChecksum: A }, remote: file(3), remoteChecksum: B, verify: 'bytes' },
      { state: 'conflict' },
    ],
    [
      'shorter, on tape',
      {
        local: { size: 5, prefixChecksum: A },
        remote: file(3, { backUpExists: true }),
        remoteChecksum: A,
        verify: 'bytes',
      },
      { state: 'conflict' },
    ],
    [
      'shorter, offline',
      {
        local: { size: 5, prefixChecksum: A },
        remote: file(3, { offline: true }),
        remoteChecksum: A,
        verify: 'bytes',
      },
      { state: 'conflict' },
    ],
    [
      'shorter, no checksum to be had',
      { local: { size: 5, prefixChecksum: A }, remote: file(3), remoteChecksum: failed, verify: 'bytes' },
      { state: 'unknown' },
    ],
    [
      'the checksum of the whole is not that of the prefix',
      { local: { size: 5, checksum: A }, remote: file(3), remoteChecksum: A, verify: 'bytes' },
      { ask: 'prefix_checksum', length: 3, local: true, remote: false },
    ],
  ];
  for (const [name, facts, expected] of table)
    it(name, () => {
      for (const [key, value] of Object.entries(expected))
        assert.deepEqual((classifyRemote(facts) as unknown as Record<string, unknown>)[key], value);
    });

  const sums = fc.constantFrom<Checksum>(A, B, sum('abcd'), sum('0', 'crc32c'));
  const check = fc.option(fc.oneof(sums, fc.constant(failed)), { nil: undefined });
  const facts: fc.Arbitrary<RemoteFacts> = fc
    .record({
      localSize: fc.nat(3),
      checksum: check,
      prefixChecksum: check,
      remoteChecksum: check,
      remote: fc.oneof(
        fc.constant(null),
        fc.constant(failed),
        fc.record({
          size: fc.nat(3),
          kind: fc.constantFrom('file' as const, 'directory' as const, 'other' as const),
          offline: fc.boolean(),
          backUpExists: fc.boolean(),
        }),
      ),
      verify: fc.constantFrom('bytes' as const, 'size' as const),
    })
    .map(({ localSize, checksum, prefixChecksum, ...rest }) => ({
      ...rest,
      local: { size: localSize, checksum, prefixChecksum },
    }));

  it('calls a copy identical only on a regular file of the same size, and by checksum unless told otherwise', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const answer = classifyRemote(given);
        if (isQuestion(answer) || (answer.state !== 'cached' && answer.state !== 'backed_up')) return;
        const { remote, local, remoteChecksum } = given;
        assert.ok(remote !== null && !('failed' in remote));
        assert.equal(remote.kind, 'file');
        assert.equal(remote.size, local.size);
        assert.equal(answer.state === 'backed_up', remote.backUpExists);
        if (answer.verifiedBy === 'size') assert.equal(given.verify, 'size');
        else if (remote.size > 0) {
          assert.ok(local.checksum !== undefined && 'type' in local.checksum);
          assert.ok(remoteChecksum !== undefined && 'type' in remoteChecksum);
          assert.ok(sameChecksum(local.checksum, remoteChecksum));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('calls a copy partial only if nothing that it holds is lost by replacing it', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const answer = classifyRemote(given);
        if (isQuestion(answer) || answer.state !== 'partial') return;
        const { remote, local, remoteChecksum } = given;
        assert.ok(remote !== null && !('failed' in remote));
        assert.ok(
          remote.kind === 'file' && !remote.backUpExists && !remote.offline && remote.size < local.size,
        );
        if (remote.size === 0) return;
        assert.ok(local.prefixChecksum !== undefined && 'type' in local.prefixChecksum);
        assert.ok(remoteChecksum !== undefined && 'type' in remoteChecksum);
        assert.ok(sameChecksum(local.prefixChecksum, remoteChecksum));
      }),
      { numRuns: 2000 },
    );
  });

  it('never asks the same question twice', () => {
    fc.assert(
      fc.property(facts, sums, sums, (given, own, theirs) => {
        const question = classifyRemote(given);
        if (!isQuestion(question)) return;
        const answered = structuredClone(given);
        if (question.local && question.ask === 'checksum') answered.local.checksum = own;
        if (question.local && question.ask === 'prefix_checksum') answered.local.prefixChecksum = own;
        if (question.remote) answered.remoteChecksum = theirs;
        assert.ok(!isQuestion(classifyRemote(answered)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('checksums', () => {
  it('are compared as numbers of one type', () => {
    assert.ok(sameChecksum(sum('00ab'), sum('AB')));
    assert.ok(sameChecksum(sum('0'), sum('00000000')));
    assert.ok(!sameChecksum(sum('ab'), sum('ab0')));
    assert.ok(!sameChecksum(sum('ab'), sum('ab', 'crc32c')));
    assert.ok(!sameChecksum(sum(''), sum('')));
    assert.ok(!sameChecksum(sum('none'), sum('none')));
  });
});
