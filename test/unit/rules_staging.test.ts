import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StageAnswer } from '../../lib/rules/stage_answer.js';
import { judgeStaged, nextPoll, pickForStaging, type StagedFacts } from '../../lib/rules/staging.js';

const online = { offline: false, backUpExists: true, kind: 'file' } as const;
const offline = { ...online, offline: true };
const lost = { ...offline, backUpExists: false };

describe('is it online?', () => {
  const table: [title: string, flags: StagedFacts['flags'], answer: StageAnswer | undefined, says: string][] =
    [
      ['online', online, undefined, 'online'],
      ['online, whatever the answer', online, { online: false, error: 'x', exists: false }, 'online'],
      ['online, with an archive error', online, { online: true, error: 'archive failed' }, 'online'],
      ['online, not on tape', { ...online, backUpExists: false }, undefined, 'online'],
      ['offline, no answer', offline, undefined, 'waiting'],
      ['offline, nothing told', offline, {}, 'waiting'],
      ['offline, requested', offline, { online: false, requested: true, error: undefined! }, 'waiting'],
      ['offline, not requested: a plain server', offline, { requested: false }, 'waiting'],
      ['offline, online by the answer: the flags decide', offline, { online: true }, 'waiting'],
      ['online is looked at before the error', offline, { online: true, error: 'archive failed' }, 'waiting'],
      ['the answer is about another file', offline, { exists: false, error: 'No such file' }, 'waiting'],
      ['offline, an error', offline, { online: false, error: 'tape broken' }, 'failed: .* tape broken$'],
      ['offline, an error and nothing else', offline, { error: 'tape broken' }, 'failed: .* tape broken$'],
      ['neither on disk nor on tape', lost, { onTape: false }, 'failed: .*neither on disk nor on tape'],
      ['the same, but somebody works on it', lost, { onTape: false, requested: true }, 'waiting'],
      ['no tape flag alone says nothing', lost, undefined, 'waiting'],
      ['a server without tape flags', lost, { onTape: true }, 'waiting'],
      ['gone', null, undefined, 'failed: it is gone from the server'],
      ['gone, online by the answer', null, { online: true }, 'failed: .*gone'],
      ['a directory', { ...online, kind: 'directory' }, undefined, 'failed: .*no regular file'],
      ['something else', { ...offline, kind: 'other' }, undefined, 'failed: .*no regular file'],
    ];
  for (const [title, flags, answer, says] of table) {
    it(title, () => {
      const verdict = judgeStaged({ flags, answer });
      const text = verdict.state === 'failed' ? `failed: ${verdict.reason}` : verdict.state;
      assert.match(text, new RegExp(`^${says}`));
    });
  }

  it('only the flags say so', () => {
    const maybe = fc.option(fc.boolean(), { nil: undefined });
    const answer = fc.record({
      ...{ online: maybe, onTape: maybe, requested: maybe, exists: maybe },
      error: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    }) as fc.Arbitrary<StageAnswer>;
    const flags = fc.record({
      ...{ offline: fc.boolean(), backUpExists: fc.boolean() },
      kind: fc.constantFrom('file' as const, 'directory' as const, 'other' as const),
    });
    fc.assert(
      fc.property(fc.option(flags), answer, (seen, told) => {
        const expected = seen?.kind === 'file' && !seen.offline;
        assert.equal(judgeStaged({ flags: seen, answer: told }).state === 'online', expected);
      }),
    );
  });
});

describe('the wait between looks', () => {
  const limits = { minSeconds: 2, maxSeconds: 60, random: 0.5 };
  const waits = (progressed: boolean, from: number): number[] => {
    const found = [from];
    for (let look = 0; look < 12; look++)
      found.push(nextPoll({ ...limits, previousSeconds: found.at(-1)!, progressed }));
    return found.map((seconds) => Math.round(seconds * 10) / 10);
  };

  it('grows while nothing happens, up to the most', () => {
    assert.deepEqual(waits(false, 2), [2, 3, 4.5, 6.8, 10.1, 15.2, 22.8, 34.2, 51.3, 60, 60, 60, 60]);
  });

  it('goes back when something does', () => {
    assert.deepEqual(waits(true, 60).slice(0, 7), [60, 30, 15, 7.5, 3.8, 2, 2]);
  });

  it('varies by a fifth', () => {
    const from = { ...limits, previousSeconds: 10, progressed: false };
    assert.ok(Math.abs(nextPoll({ ...from, random: 0 }) - 12) < 1e-9);
    assert.ok(Math.abs(nextPoll({ ...from, random: 1 }) - 18) < 1e-9);
  });

  it('is within its bounds, whatever it is given', () => {
    const any = fc.double({ noNaN: false });
    const positive = fc.double({ min: 0.1, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(any, positive, positive, fc.boolean(), any, (previous, a, b, progressed, random) => {
        const [minSeconds, maxSeconds] = [Math.min(a, b), Math.max(a, b)];
        fc.pre(!Number.isNaN(random));
        const next = nextPoll({ previousSeconds: previous, minSeconds, maxSeconds, progressed, random });
        assert.ok(next >= minSeconds * 0.8 * (1 - 1e-9) && next <= maxSeconds * 1.2 * (1 + 1e-9), `${next}`);
      }),
    );
  });

  it('is the least where the most is smaller', () => {
    assert.equal(nextPoll({ ...limits, maxSeconds: 1, previousSeconds: 2, progressed: false }), 2);
  });
});

describe('what to stage next', () => {
  const files = (...sizes: number[]) => sizes.map((size) => ({ size }));
  const limits = { batchFiles: 3, maxFiles: 5, maxBytes: 100 };
  const nothing = { files: 0, bytes: 0 };
  const table: [string, number[], { files: number; bytes: number }, typeof limits | object, number[]][] = [
    ['a batch', [1, 2, 3, 4], nothing, limits, [1, 2, 3]],
    ['as many as are left', [1, 2], nothing, limits, [1, 2]],
    ['as many as may be in flight', [1, 2, 3], { files: 4, bytes: 4 }, limits, [1]],
    ['none when all places are taken', [1, 2, 3], { files: 5, bytes: 5 }, limits, []],
    ['up to the bytes, exactly', [60, 40, 1], nothing, limits, [60, 40]],
    ['no further', [60, 41, 1], nothing, limits, [60]],
    ['none is passed over', [101, 1, 1], { files: 1, bytes: 1 }, limits, []],
    ['a huge one alone', [101, 0, 1], nothing, limits, [101]],
    ['and not beside others', [1, 101], nothing, limits, [1]],
    ['empty files', [0, 0], { files: 1, bytes: 100 }, limits, [0, 0]],
    ['0 bytes: no bound', [1e15, 1e15], nothing, { ...limits, maxBytes: 0 }, [1e15, 1e15]],
    ['no bound', [1e15, 1e15], nothing, { batchFiles: 9, maxFiles: 9 }, [1e15, 1e15]],
    ['nothing', [], nothing, limits, []],
  ];
  for (const [title, waiting, inFlight, bounds, expected] of table) {
    it(title, () => {
      const picked = pickForStaging(files(...waiting), inFlight, {
        ...limits,
        maxBytes: undefined,
        ...bounds,
      });
      assert.deepEqual(picked, files(...expected));
    });
  }

  const count = fc.integer({ min: 1, max: 20 });
  const bounds = fc.record({
    ...{ batchFiles: count, maxFiles: count },
    maxBytes: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
  });
  const sizes = fc.array(fc.nat({ max: 2000 }), { maxLength: 40 });

  it('keeps to the bounds, and to the order', () => {
    fc.assert(
      fc.property(sizes, fc.nat({ max: 25 }), fc.nat({ max: 1500 }), bounds, (waiting, busy, bytes, most) => {
        const inFlight = { files: busy, bytes: busy === 0 ? 0 : bytes };
        const all = files(...waiting);
        const picked = pickForStaging(all, inFlight, most);
        picked.forEach((file, index) => assert.equal(file, all[index]));
        assert.ok(picked.length <= most.batchFiles);
        assert.ok(picked.length === 0 || busy + picked.length <= most.maxFiles);
        const sum = picked.reduce((total, { size }) => total + size, inFlight.bytes);
        const alone = busy === 0 && picked.length === 1;
        assert.ok(picked.length === 0 || !most.maxBytes || alone || sum <= most.maxBytes);
      }),
    );
  });

  it('is never stuck: all are staged in the end, each once', () => {
    fc.assert(
      fc.property(sizes, bounds, fc.integer({ min: 1, max: 9 }), (waiting, most, finishing) => {
        let left = files(...waiting);
        const inFlight: { size: number }[] = [];
        const staged: { size: number }[] = [];
        while (left.length > 0) {
          const bytes = inFlight.reduce((total, { size }) => total + size, 0);
          const picked = pickForStaging(left, { files: inFlight.length, bytes }, most);
          assert.ok(picked.length > 0 || inFlight.length > 0);
          left = left.slice(picked.length);
          staged.push(...picked);
          inFlight.push(...picked);
          inFlight.splice(0, finishing);
        }
        assert.deepEqual(staged, files(...waiting));
      }),
    );
  });
});
