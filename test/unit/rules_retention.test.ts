import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Identity } from '../../lib/rules/identity.js';
import { pathDate } from '../../lib/rules/path_date.js';
import type { Classification } from '../../lib/rules/remote_state.js';
import { REASONS } from '../../lib/rules/removal.js';
import {
  ageOf,
  decideRetention,
  RETAINED,
  type Age,
  type RetentionFacts,
  type RetentionRules,
} from '../../lib/rules/retention.js';
import { selector } from '../../lib/rules/selection.js';

const cutoff = new Date('2023-05-18T00:00:00Z');
const ns = (time: number) => BigInt(time) * 1_000_000n;

function identity(mtime: number): Identity {
  return { dev: 1n, ino: 2n, size: 3n, mtimeNs: ns(mtime), ctimeNs: 5n };
}

function rules(hold: string[] = [], pattern?: string): RetentionRules {
  const held = selector({ patterns: hold, paths: [] });
  return { held, dateOf: pattern === undefined ? undefined : pathDate(pattern), cutoff };
}

describe('how old an online file is', () => {
  const [old, young] = [cutoff.getTime() - 1, cutoff.getTime()];
  const past = { past: true };
  const because = (reason: string) => ({ past: false, reason });
  const table: [name: string, path: string, mtime: number, rules: RetentionRules, age: object][] = [
    ['before the cut', 'a', old, rules(), past],
    ['at the cut', 'a', young, rules(), because(RETAINED.young)],
    ['in the future', 'a', young * 2, rules(), because(RETAINED.young)],
    ['no time', 'a', 0, rules(), because(RETAINED.timeless)],
    ['a time before all times', 'a', -1, rules(), because(RETAINED.timeless)],
    ['held by name', 'a/b', old, rules(['a']), because(RETAINED.held)],
    ['held by a glob', 'a/b.h5', old, rules(['**/*.h5']), because(RETAINED.held)],
    ['held and young', 'a', young, rules(['a']), because(RETAINED.held)],
    ['another one is held', 'ab', old, rules(['a']), past],
    [
      'its date is past, its time is not',
      '2023/05/17/x',
      young,
      rules([], '%Y/%m/%d'),
      because(RETAINED.young),
    ],
    ['the day before', '2023/05/16/x', young, rules([], '%Y/%m/%d'), past],
    [
      'its time is past, its date is not',
      '2023/05/18/x',
      old,
      rules([], '%Y/%m/%d'),
      because(RETAINED.young),
    ],
    ['no date', 'x', old, rules([], '%Y/%m/%d'), because(RETAINED.undated)],
    ['no such date', '2022/02/30/x', old, rules([], '%Y/%m/%d'), because(RETAINED.undated)],
    ['held, with a date', '2020/01/01/x', old, rules(['2020'], '%Y/%m/%d'), because(RETAINED.held)],
  ];
  for (const [name, path, mtime, given, expected] of table)
    it(name, () => {
      const age = ageOf({ path, identity: identity(mtime) }, given);
      assert.deepEqual(age.past ? { past: true } : age, expected);
    });

  it('never past when held, or not from before the cut', () => {
    const path = fc.stringMatching(/^[a-c]{1,3}(\/[a-c]{1,3}){0,2}$/);
    const time = fc.integer({ min: -1e13, max: 1e13 });
    fc.assert(
      fc.property(path, time, fc.array(path), (name, mtime, hold) => {
        const given = rules(hold);
        const age = ageOf({ path: name, identity: identity(mtime) }, given);
        const held = hold.some((one) => name === one || name.startsWith(`${one}/`));
        assert.equal(age.past, !held && mtime >= 1000 && mtime < cutoff.getTime());
      }),
    );
  });
});

describe('what becomes of an online file', () => {
  const onTape: Classification = { state: 'backed_up', verifiedBy: 'checksum' };
  const verified = identity(1);
  const past: Age = { past: true, date: new Date(0) };
  const young: Age = { past: false, reason: RETAINED.young };
  const base: RetentionFacts = { age: past, remote: onTape, verified, settled: true, dryRun: false };
  const table: [string, Partial<RetentionFacts>, object][] = [
    ['past, on tape', {}, { action: 'remove', identity: verified, perform: true }],
    ['a dry run', { dryRun: true }, { action: 'remove', perform: false }],
    ['not past', { age: young }, { action: 'keep', reason: RETAINED.young }],
    [
      'not on tape',
      { remote: { state: 'cached', verifiedBy: 'checksum' } },
      { action: 'keep', reason: REASONS.notOnTape },
    ],
    ['absent', { remote: { state: 'absent' } }, { action: 'keep', reason: RETAINED.absent }],
    ['cut', { remote: { state: 'partial', reason: '3 of 4' } }, { action: 'keep', reason: RETAINED.partial }],
    ['different', { remote: { state: 'conflict', reason: 'longer' } }, { action: 'report', conflict: true }],
    ['not to be told', { remote: { state: 'unknown', reason: '?' } }, { action: 'report', conflict: false }],
    [
      'different, but not past',
      { age: young, remote: { state: 'conflict', reason: 'x' } },
      { action: 'keep' },
    ],
    [
      'sizes alone',
      { remote: { state: 'backed_up', verifiedBy: 'size' } },
      { action: 'keep', reason: REASONS.unverified },
    ],
    ['changed meanwhile', { verified: undefined }, { action: 'keep', reason: REASONS.unverified }],
    ['changed just now', { settled: false }, { action: 'keep', reason: REASONS.unsettled }],
  ];
  for (const [name, given, expected] of table)
    it(name, () => {
      const decision = decideRetention({ ...base, ...given }) as unknown as Record<string, unknown>;
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(decision[key], value, key);
    });

  it('never goes unless S12 holds, whatever the combination', () => {
    const by = fc.constantFrom('checksum' as const, 'size' as const);
    const remote: fc.Arbitrary<Classification> = fc.oneof(
      fc.constantFrom<Classification>(
        { state: 'absent' },
        { state: 'partial', reason: 'cut' },
        { state: 'conflict', reason: 'longer' },
        { state: 'unknown', reason: 'no answer' },
      ),
      fc.record({ state: fc.constantFrom('cached' as const, 'backed_up' as const), verifiedBy: by }),
    );
    const any: fc.Arbitrary<RetentionFacts> = fc.record({
      age: fc.constantFrom(past, young),
      remote,
      verified: fc.constantFrom(verified, undefined),
      settled: fc.boolean(),
      dryRun: fc.boolean(),
    });
    let removals = 0;
    fc.assert(
      fc.property(any, (facts) => {
        const decision = decideRetention(facts);
        const mayGo =
          facts.age.past &&
          facts.remote.state === 'backed_up' &&
          facts.remote.verifiedBy === 'checksum' &&
          facts.verified !== undefined &&
          facts.settled;
        assert.equal(decision.action === 'remove', mayGo);
        if (decision.action !== 'remove') return;
        removals += 1;
        assert.equal(decision.perform, !facts.dryRun);
        assert.equal(decision.identity, facts.verified);
      }),
      { numRuns: 5000 },
    );
    assert.ok(removals > 0);
  });
});
