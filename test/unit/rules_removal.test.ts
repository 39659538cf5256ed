import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Identity } from '../../lib/rules/identity.js';
import type { Classification } from '../../lib/rules/remote_state.js';
import { decide, REASONS, type RemovalFacts, type Room } from '../../lib/rules/removal.js';

const identity: Identity = { dev: 1n, ino: 2n, size: 3n, mtimeNs: 4n, ctimeNs: 5n };
const cached: Classification = { state: 'cached', verifiedBy: 'checksum' };
const onTape: Classification = { state: 'backed_up', verifiedBy: 'checksum' };
const conflict: Classification = { state: 'conflict', reason: 'longer' };
const unknown: Classification = { state: 'unknown', reason: 'no answer' };
const partial: Classification = { state: 'partial', reason: 'cut' };
const writing: Classification = { state: 'writing', reason: 'at work' };

describe('what becomes of a record', () => {
  const facts = (more: Partial<RemovalFacts>): RemovalFacts => ({
    remote: onTape,
    autoRemove: 'backed_up',
    verify: 'bytes',
    verified: identity,
    settled: true,
    keptLocal: false,
    room: 'needed',
    dryRun: false,
    ...more,
  });
  const table: [string, Partial<RemovalFacts>, object][] = [
    ['absent', { remote: { state: 'absent' } }, { action: 'copy', reason: REASONS.absent, perform: true }],
    ['absent, dry', { remote: { state: 'absent' }, dryRun: true }, { action: 'copy', perform: false }],
    [
      'absent, unsettled (S3)',
      { remote: { state: 'absent' }, settled: false },
      { action: 'keep', reason: REASONS.unsettled },
    ],
    ['partial', { remote: partial }, { action: 'replace', reason: 'cut', perform: true }],
    ['partial, unsettled', { remote: partial, settled: false }, { action: 'keep' }],
    ['conflict', { remote: conflict }, { action: 'report', conflict: true, reason: 'longer' }],
    ['conflict, never', { remote: conflict, autoRemove: 'never' }, { action: 'report', conflict: true }],
    ['writing', { remote: writing }, { action: 'keep', reason: 'at work' }],
    [
      'on tape, by a weak checksum',
      { remote: { state: 'backed_up', verifiedBy: 'weak_checksum' } },
      { action: 'keep', reason: REASONS.weak },
    ],
    [
      'on tape, by a weak checksum, nobody looked yet',
      { remote: { state: 'backed_up', verifiedBy: 'weak_checksum' }, verified: undefined },
      { action: 'keep', reason: REASONS.weak },
    ],
    ['unknown (S11)', { remote: unknown }, { action: 'report', conflict: false, reason: 'no answer' }],
    ['on tape', {}, { action: 'remove', identity, reason: REASONS.onTape, perform: true }],
    ['on tape, dry', { dryRun: true }, { action: 'remove', perform: false }],
    ['on tape, cached is enough', { autoRemove: 'cached' }, { action: 'remove', reason: REASONS.onTape }],
    ['on tape, never', { autoRemove: 'never' }, { action: 'keep', reason: REASONS.never }],
    ['on tape, unsettled', { settled: false }, { action: 'keep', reason: REASONS.unsettled }],
    ['on tape, nobody looked', { verified: undefined }, { action: 'keep', reason: REASONS.unverified }],
    [
      'on tape, by size only',
      { remote: { state: 'backed_up', verifiedBy: 'size' } },
      { action: 'keep', reason: REASONS.unverified },
    ],
    [
      'by size, as asked',
      { remote: { state: 'backed_up', verifiedBy: 'size' }, verify: 'size' },
      { action: 'remove' },
    ],
    ['cached, tape wanted', { remote: cached }, { action: 'keep', reason: REASONS.notOnTape }],
    [
      'cached, cached wanted',
      { remote: cached, autoRemove: 'cached' },
      { action: 'remove', reason: REASONS.onServer },
    ],
    ['on tape, keep_local', { keptLocal: true }, { action: 'keep', reason: REASONS.keptLocal }],
    ['on tape, room enough', { room: 'enough' }, { action: 'keep', reason: REASONS.enough }],
    ['on tape, above the mark', { room: 'oldest_first' }, { action: 'keep', reason: REASONS.olderFirst }],
    [
      'above the mark, nobody looked yet',
      { room: 'oldest_first', verified: undefined },
      { action: 'keep', reason: REASONS.olderFirst },
    ],
    [
      'above the mark, not on tape: no candidate',
      { room: 'oldest_first', remote: cached },
      { action: 'keep', reason: REASONS.notOnTape },
    ],
    [
      'above the mark, keep_local: no candidate',
      { room: 'oldest_first', keptLocal: true },
      { action: 'keep', reason: REASONS.keptLocal },
    ],
    [
      'absent, keep_local and room enough',
      { remote: { state: 'absent' }, keptLocal: true, room: 'enough' },
      { action: 'copy' },
    ],
    ['conflict, room enough', { remote: conflict, room: 'enough' }, { action: 'report', conflict: true }],
    ['cached, never', { remote: cached, autoRemove: 'never' }, { action: 'keep', reason: REASONS.never }],
  ];
  for (const [name, given, expected] of table)
    it(name, () => {
      const decision = decide(facts(given)) as unknown as Record<string, unknown>;
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(decision[key], value, key);
    });

  it('never removes unless S1 holds, whatever the combination', () => {
    const by = fc.constantFrom('checksum' as const, 'weak_checksum' as const, 'size' as const);
    const remote: fc.Arbitrary<Classification> = fc.oneof(
      fc.constantFrom<Classification>({ state: 'absent' }, partial, conflict, unknown, writing),
      fc.record({ state: fc.constantFrom('cached' as const, 'backed_up' as const), verifiedBy: by }),
    );
    const room = fc.constantFrom<Room>('needed', 'enough', 'oldest_first');
    const any: fc.Arbitrary<RemovalFacts> = fc.record({
      remote,
      autoRemove: fc.constantFrom('never' as const, 'cached' as const, 'backed_up' as const),
      verify: fc.constantFrom('bytes' as const, 'size' as const),
      verified: fc.constantFrom(identity, undefined),
      settled: fc.boolean(),
      keptLocal: fc.boolean(),
      room,
      dryRun: fc.boolean(),
    });
    let removals = 0;
    fc.assert(
      fc.property(any, (given) => {
        const decision = decide(given);
        if (given.dryRun) assert.ok(!decision.perform || decision.action === 'report');
        if (decision.action !== 'remove') return;
        removals++;
        assert.notEqual(given.autoRemove, 'never');
        assert.ok(given.settled);
        assert.ok(!given.keptLocal && given.room === 'needed');
        // What keeps more files changes nothing else.
        assert.deepEqual(decision, decide({ ...given, keptLocal: false, room: 'needed' }));
        assert.equal(decision.identity, given.verified);
        assert.ok(given.remote.state === 'cached' || given.remote.state === 'backed_up');
        if (given.autoRemove === 'backed_up') assert.equal(given.remote.state, 'backed_up');
        if (given.verify === 'bytes') assert.equal(given.remote.verifiedBy, 'checksum');
      }),
      { numRuns: 5000 },
    );
    assert.ok(removals > 0);
  });
});
