import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hasLeftCache } from '../../lib/rules/audit.js';
import {
  endsRound,
  NEW_ROUND,
  parseRound,
  roundAfter,
  roundText,
  rowsToTake,
  type AuditRound,
} from '../../lib/rules/audit_round.js';
import { SMALL_READ_BACK } from '../../lib/rules/comparison.js';
import { rowComparison, type RowFacts } from '../../lib/rules/row_comparison.js';

/** One run over sorted paths, as the audit makes it. @param most interrupted after so many rows */
function run(
  paths: readonly string[],
  round: AuditRound,
  percent: number,
  most = Infinity,
): { taken: string[]; after: AuditRound } {
  const behind = paths.filter((path) => path > round.after);
  const [from, left] = behind.length > 0 ? [round, behind] : [NEW_ROUND, paths];
  const toTake = rowsToTake(percent, from, left.length);
  const taken = left.slice(0, Math.min(toTake, most));
  return { taken, after: roundAfter(percent, from, { taken: taken.length, toTake, last: taken.at(-1) }) };
}

const path = (number: number) => String(number).padStart(6, '0');
const percents = fc.double({ min: 0.5, max: 100, noNaN: true });

describe('the rounds of a sampled audit', () => {
  it('after 100/N runs each row was taken once, and the next run begins anew', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), percents, (rows, percent) => {
        const paths = Array.from({ length: rows }, (_, i) => path(i));
        const seen: string[] = [];
        let round = NEW_ROUND;
        for (let i = 0; i < Math.ceil(100 / percent - 1e-6) && seen.length < rows; i += 1) {
          const { taken, after } = run(paths, round, percent);
          seen.push(...taken);
          round = after;
        }
        assert.deepEqual(seen, paths);
        assert.equal(run(paths, round, percent).taken[0], paths[0]);
      }),
    );
  });

  it('each run takes N per cent, rounded up', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), percents, (rows, percent) => {
        const paths = Array.from({ length: rows }, (_, i) => path(i));
        let round = NEW_ROUND;
        for (let i = 0; i < 250; i += 1) {
          const { taken, after } = run(paths, round, percent);
          assert.ok(taken.length > 0 && taken.length <= Math.ceil((rows * percent) / 100) + 1);
          round = after;
        }
      }),
    );
  });

  it('rows that come meanwhile make no round longer: those behind its place are in it, the others in the next', () => {
    const come = fc.array(fc.integer({ min: 0, max: 99_999 }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(come, { minLength: 1, maxLength: 40 }), percents, (arrivals, percent) => {
        let paths = Array.from({ length: 100 }, (_, i) => path(i * 1000));
        const first = [...paths];
        const seen = new Set<string>();
        let round = NEW_ROUND;
        for (let i = 0; i < Math.ceil(100 / percent - 1e-6); i += 1) {
          const more = arrivals[i % arrivals.length] ?? [];
          paths = [...new Set([...paths, ...more.map(path)])].sort();
          const { taken, after } = run(paths, round, percent);
          for (const each of taken) seen.add(each);
          round = after;
        }
        for (const each of first) assert.ok(seen.has(each), each);
      }),
    );
  });

  it('a run that was interrupted counts for what it took: nothing is left out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 30 }),
        percents,
        (interruptions, percent) => {
          const paths = Array.from({ length: 200 }, (_, i) => path(i));
          const seen: string[] = [];
          let round = NEW_ROUND;
          const take = (most?: number) => {
            const { taken, after } = run(paths, round, percent, most);
            seen.push(...taken);
            round = after;
          };
          for (const most of interruptions) take(most);
          for (let i = 0; i < 600 && seen.length < 200; i += 1) take();
          assert.deepEqual(seen.slice(0, 200), paths);
        },
      ),
    );
  });

  it('what the catalogue keeps is read again; anything else begins anew', () => {
    const round = { after: 'a "b"/ü', done: 12.5 };
    assert.deepEqual(parseRound(roundText(round)), round);
    for (const text of [undefined, '', 'x', 'null', '{}', '{"after":1,"done":2}', '{"after":"a","done":100}'])
      assert.deepEqual(parseRound(text), NEW_ROUND);
    assert.equal(
      endsRound(0.1, {
        after: 'a',
        done: Array(999)
          .fill(0.1)
          .reduce((a: number, b: number) => a + b) as number,
      }),
      true,
    );
  });
});

const sum = (type: string) => ({ type, value: '1' });

function facts(more: Partial<RowFacts> = {}): RowFacts {
  return {
    checksums: [sum('adler32'), sum('crc32c')],
    remote: { size: 10, offline: false, mtime: new Date(0) },
    verify: 'auto',
    configured: 'adler32',
    serverTypes: { named: ['adler32'], refused: [] },
    refused: new Set(),
    readBack: 'small',
    now: 1e9,
    ...more,
  };
}

describe('how an audit compares bytes', () => {
  const by = (more: Partial<RowFacts>) => {
    const found = rowComparison(facts(more));
    return found.by === 'nothing' ? found.reason : `${found.by} ${found.expected.type}`;
  };
  const offline = { size: 10, offline: true, mtime: new Date(0) };
  const big = { size: SMALL_READ_BACK + 1, offline: false, mtime: new Date(0) };
  const none = { named: ['md5'], refused: [] };

  it('asks the server for the strongest type that both have', () => {
    assert.equal(by({}), 'query adler32');
    assert.equal(by({ remote: offline }), 'query adler32');
    assert.equal(by({ serverTypes: { named: ['adler32', 'crc32c'], refused: [] } }), 'query crc32c');
    assert.equal(by({ serverTypes: { named: [], refused: [] } }), 'query adler32');
    assert.equal(by({ serverTypes: { named: [], refused: ['adler32'] } }), 'query crc32c');
    assert.equal(by({ refused: new Set(['adler32']), remote: offline }), noType);
    assert.equal(
      by({ checksums: [sum('SHA256')], serverTypes: { named: ['sha256'], refused: [] } }),
      'query SHA256',
    );
  });

  const noType = 'not compared: the server has no checksum of a type that the catalogue has';

  it('reads back what is small and online where the server has none, and recalls nothing', () => {
    assert.equal(by({ serverTypes: none }), 'read crc32c');
    assert.equal(by({ serverTypes: none, remote: big }), noType);
    assert.equal(by({ serverTypes: none, remote: offline }), noType);
    assert.equal(by({ serverTypes: none, verify: 'checksum' }), noType);
    assert.equal(by({ verify: 'read', remote: big }), 'read crc32c');
    assert.match(by({ verify: 'read', remote: offline }), /^not compared: it is offline/);
    assert.equal(by({ checksums: [] }), 'not compared: the catalogue has no checksum of it');
    assert.match(by({ checksums: [sum('sha1')], verify: 'read' }), /not computed here/);
    assert.equal(by({ checksums: [sum('sha1')] }), noType);
  });

  it('reads back what is online wherever that proves more, if the caller wants that', () => {
    const more = { readBack: 'wherever it proves more' } as const;
    assert.equal(by(more), 'read crc32c');
    assert.equal(by({ ...more, remote: big }), 'query adler32');
    assert.equal(by({ ...more, remote: big, serverTypes: none }), 'read crc32c');
    assert.equal(by({ ...more, remote: big, now: 1000 }), 'read crc32c');
    assert.equal(by({ ...more, remote: offline }), 'query adler32');
    assert.equal(by({ ...more, remote: offline, serverTypes: none }), noType);
    assert.equal(by({ ...more, verify: 'checksum' }), 'query adler32');
    assert.equal(by({ ...more, verify: 'checksum', serverTypes: none }), 'read crc32c');
  });

  it("doesn't ask about a file that was just written, nor for crc32 unless that is configured", () => {
    assert.equal(by({ now: 1000 }), 'read crc32c');
    assert.equal(by({ now: 1000, remote: offline }), 'query adler32');
    assert.equal(by({ now: 1000, remote: big }), 'not compared: it was written on the server a moment ago');
    const crc32 = { checksums: [sum('crc32')], serverTypes: { named: ['crc32'], refused: [] }, remote: big };
    assert.equal(by(crc32), noType);
    assert.equal(by({ ...crc32, configured: 'crc32' }), 'query crc32');
  });
});

it('a record has left the cache if it is not there; where there is none to look into, if it was to go', () => {
  const row = { removing: 1, source: 'read' };
  assert.equal(hasLeftCache(row, true), false);
  assert.equal(hasLeftCache({ ...row, removing: null }, false), true);
  assert.equal(hasLeftCache(row, undefined), true);
  assert.equal(hasLeftCache({ removing: null, source: 'read' }, undefined), false);
  assert.equal(hasLeftCache({ removing: null, source: 'server' }, undefined), true);
});
