/** `tape_state`: what tells of tape is the stat, or the answer to a prepare query, as at the site of rucio/rucio#6001. */
import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { resolveOptions } from '../../lib/config/index.js';
import type { LimitedStore } from '../../lib/remote/limited_store.js';
import { openStore } from '../../lib/remote/open_store.js';
import type { RemoteStore } from '../../lib/remote/store.js';
import { tapeStateStore } from '../../lib/remote/tape_state_store.js';
import type { StageAnswer } from '../../lib/rules/stage_answer.js';
import type { SandboxOptions } from '../../lib/sandbox/index.js';
import { collect, counts, recordsIn, withArchive, type OwnBench } from '../support/archive.js';
import { expired, passUnder, whenCaptured } from '../support/passes.js';
import { bytesOf, writeRecord } from '../support/records.js';
import { archived, cut, pass as retentionPass, setAge } from '../support/retention.js';

const untold = { backUpFlag: false, migrationDelay: 'never' } as const;

/** A record that was copied by an earlier pass. */
async function withCopied(options: SandboxOptions, use: (bench: OwnBench) => Promise<void>): Promise<void> {
  await withArchive({ ...untold, ...options }, async (bench) => {
    await writeRecord(bench.cache, 'f', 1000);
    await bench.pass({ autoRemove: 'never' });
    bench.lines.length = 0;
    await use(bench);
  });
}

/** A server that answers queries like this. */
function answering(answer: (name: string) => StageAnswer | undefined) {
  return (): Partial<RemoteStore> => ({
    queryStage: (_id, names) =>
      Promise.resolve(
        new Map(
          names.flatMap((name) => {
            const told = answer(name);
            return told === undefined ? [] : [[name, told] as const];
          }),
        ),
      ),
  });
}

const warningsOf = ({ lines }: OwnBench) => lines.filter(({ level }) => level === 'warn');
const queriesIn = ({ sandbox }: OwnBench) => sandbox.prepares.filter(({ kind }) => kind === 'query').length;

describe('tape_state: stat (the default), where only a query tells of tape', () => {
  it('removes nothing, and says in one warning a pass what was seen and what can be done', async () => {
    await withCopied({}, async (bench) => {
      await writeRecord(bench.cache, 'd/g', 500);
      await bench.pass({ autoRemove: 'never' });
      await bench.sandbox.migrateAll();
      for (let i = 0; i < 2; i++) {
        bench.lines.length = 0;
        assert.deepEqual(counts(await bench.pass()), { scanned: 2, kept: 2 });
        const [warning, ...more] = warningsOf(bench);
        assert.deepEqual(more, []);
        assert.match(
          warning?.message ?? '',
          /no stat shows the flag BackUpExists, but prepare queries say "on_tape".*set tape_state: query/,
        );
        const { waiting, asked, onTape, example } = warning?.fields ?? {};
        assert.deepEqual({ waiting, asked, onTape }, { waiting: 2, asked: 2, onTape: 2 });
        assert.ok(['f', 'd/g'].includes(String(example)));
      }
      assert.deepEqual(await recordsIn(bench.cache), ['d/g', 'f']);
    });
  });

  it('says no more than before where tape is only behind, or queries are not answered', async () => {
    await withCopied({}, async (bench) => {
      await bench.pass();
      assert.match(warningsOf(bench)[0]?.message ?? '', /Either tape is behind, or this server has no tape/);
      assert.equal(warningsOf(bench).length, 1);
    });
    await withCopied({ tapeFlags: false }, async (bench) => {
      await bench.pass();
      assert.match(warningsOf(bench)[0]?.message ?? '', /Either tape is behind, or this server has no tape/);
      assert.equal(warningsOf(bench).length, 1);
    });
  });

  it('says that queries prove nothing if the server says the same of a file that does not exist', async () => {
    await withCopied({}, async (bench) => {
      const around = answering(() => ({ onTape: true }));
      const { report, lines } = await passUnder(bench, {}, { around });
      const warnings = lines.filter(({ level }) => level === 'warn');
      assert.equal(report.kept, 1);
      assert.match(warnings[0]?.message ?? '', /even of a file that does not exist, so they prove nothing/);
      assert.equal(warnings.length, 1);
    });
  });
});

describe('tape_state: query, either', () => {
  for (const tapeState of ['query', 'either'] as const) {
    it(`${tapeState}: removes a record once a query says that it is on tape, in a pass after its copy`, async () => {
      await withArchive(untold, async (bench) => {
        await writeRecord(bench.cache, 'f', 1000);
        assert.deepEqual(counts(await bench.pass({ tapeState })), { scanned: 1, copied: 1 });
        assert.deepEqual(counts(await bench.pass({ tapeState })), { scanned: 1, kept: 1 });
        await bench.sandbox.migrateAll();
        const [status] = await collect(bench.archive({ tapeState }).status());
        assert.equal(status?.state, 'backed_up');
        assert.deepEqual(counts(await bench.pass({ tapeState })), { scanned: 1, removed: 1 });
        assert.deepEqual(await recordsIn(bench.cache), []);
      });
    });
  }

  it('asks about many records in few queries', async () => {
    await withArchive(untold, async (bench) => {
      for (let i = 0; i < 130; i++) await writeRecord(bench.cache, `f${i}`, 10 + i);
      await bench.pass({ autoRemove: 'never' });
      await bench.sandbox.migrateAll();
      assert.deepEqual(counts(await bench.pass({ tapeState: 'query', autoRemove: 'never' })), {
        scanned: 130,
        kept: 130,
      });
      assert.equal(queriesIn(bench), 0);
      assert.deepEqual(counts(await bench.pass({ tapeState: 'query' })), { scanned: 130, removed: 130 });
      assert.ok(queriesIn(bench) < 130, String(queriesIn(bench)));
    });
  });

  it('either: the flag alone is enough, and nothing is asked; query: the flag does not count', async () => {
    await withCopied({ backUpFlag: true }, async (bench) => {
      await bench.sandbox.migrateAll();
      const around = answering(() => ({ onTape: false, online: true, exists: true }));
      const { report } = await passUnder(bench, { tapeState: 'query' }, { around });
      assert.deepEqual(counts(report), { scanned: 1, kept: 1 });
      assert.deepEqual(counts(await bench.pass({ tapeState: 'either' })), { scanned: 1, removed: 1 });
      assert.equal(queriesIn(bench), 0);
    });
  });

  it('asks nothing right after a copy: what is said to be on tape then is an older file', async () => {
    await withArchive(untold, async (bench) => {
      await writeRecord(bench.cache, 'f', 1000);
      const around = answering((name) => (name === 'f' ? { onTape: true } : undefined));
      const { report } = await passUnder(bench, { tapeState: 'query' }, { around });
      assert.deepEqual(counts(report), { scanned: 1, copied: 1 });
      assert.deepEqual(await recordsIn(bench.cache), ['f']);
    });
  });

  it('a pass that is stopped while the first query has no answer ends at once', async () => {
    await withCopied({}, async (bench) => {
      const stop = new AbortController();
      const around = (): Partial<LimitedStore> => ({
        queryStage: () => {
          setImmediate(() => {
            stop.abort();
          });
          return new Promise(() => undefined);
        },
      });
      const { report } = await passUnder(bench, { tapeState: 'query' }, { around, signal: stop.signal });
      assert.equal(report.interrupted, true);
      assert.deepEqual(await recordsIn(bench.cache), ['f']);
    });
  });

  it('believes nothing of a server that says the same of a file that does not exist, and warns once', async () => {
    await withCopied({}, async (bench) => {
      const around = answering(() => ({ onTape: true }));
      const { report, lines } = await passUnder(bench, { tapeState: 'query' }, { around });
      assert.deepEqual(counts(report), { scanned: 1, kept: 1 });
      const said = lines.filter(({ message }) => message.includes('a file that does not exist'));
      assert.equal(said.length, 1);
    });
  });

  it('believes no answer that is missing, fails, or speaks of an error or another file', async () => {
    await withCopied({}, async (bench) => {
      await bench.sandbox.migrateAll();
      for (const answer of [
        undefined,
        { onTape: true, exists: false },
        { onTape: true, error: 'no such file' },
        { onTape: true, online: false },
      ]) {
        const around = answering((name) => (name === 'f' ? answer : undefined));
        const { report } = await passUnder(bench, { tapeState: 'either' }, { around });
        assert.deepEqual(counts(report), { scanned: 1, kept: 1 }, JSON.stringify(answer));
      }
    });
    await withCopied({ tapeFlags: false }, async (bench) => {
      assert.deepEqual(counts(await bench.pass({ tapeState: 'query' })), { scanned: 1, kept: 1 });
      const [unanswered, none, ...more] = warningsOf(bench);
      assert.match(unanswered?.message ?? '', /prepare queries are not answered/);
      assert.match(none?.message ?? '', /no prepare query says "on_tape" \(tape_state: query\)/);
      assert.deepEqual(more, []);
    });
  });

  it('does not count an answer if the file is another one after it than before it', async () => {
    await withCopied({}, async ({ sandbox }) => {
      await sandbox.migrateAll();
      const limited = openStore(resolveOptions({ targetUrl: sandbox.url }));
      let replaces = false;
      const replacing: LimitedStore = {
        ...limited,
        queryStage: async (id, names, signal) => {
          const answers = await limited.queryStage(id, names, signal);
          if (!replaces || !names.includes('f')) return answers;
          const path = sandbox.diskPath('f');
          await writeFile(`${path}.new`, bytesOf('f', 1000));
          await rename(`${path}.new`, path);
          return answers;
        },
      };
      const store = tapeStateStore(replacing, { tapeState: 'query' }, () => undefined);
      assert.equal((await store.stat('f'))?.backUpExists, true);
      replaces = true;
      assert.equal((await store.stat('f'))?.backUpExists, false);
      replaces = false;
      await sandbox.migrateAll();
      replaces = true;
      const [stat] = await store.statMany(['f', 'not there']);
      assert.ok(stat !== null && !(stat instanceof Error));
      assert.equal(stat?.backUpExists, false);
    });
  });

  it('fails the stats of those files whose queries fail with the server, and no others', async () => {
    await withCopied({}, async ({ sandbox }) => {
      const limited = openStore(resolveOptions({ targetUrl: sandbox.url }));
      const gone = expired('f');
      const store = tapeStateStore(
        { ...limited, queryStage: () => Promise.reject(gone) },
        { tapeState: 'query' },
        () => undefined,
      );
      await assert.rejects(store.stat('f'), gone);
      assert.deepEqual(await store.statMany(['f', 'not there']), [gone, null]);
    });
  });

  it('asks again before the removal: what tape has lost meanwhile keeps the record', async () => {
    await withCopied({}, async (bench) => {
      await bench.sandbox.migrateAll();
      let lost = false;
      const captured = whenCaptured(() => {
        lost = true;
      });
      const around = (store: LimitedStore): Partial<LimitedStore> => ({
        ...captured(store),
        queryStage: async (id, names, signal) => {
          const answers = await store.queryStage(id, names, signal);
          if (lost) for (const answer of answers.values()) answer.onTape = false;
          return answers;
        },
      });
      const { report } = await passUnder(bench, { tapeState: 'query' }, { around });
      assert.deepEqual(report.keptReasons, { 'changed on the server while it was worked on': 1 });
      assert.ok(lost);
      assert.deepEqual(await recordsIn(bench.cache), ['f']);
    });
  });

  it('counts for retention, drill and evict as well', async () => {
    await withArchive(untold, async (bench) => {
      await archived(bench, [['old', 500]]);
      await setAge(bench, 'old', cut - 10);
      const refused = await bench.archive().evict(['old']);
      assert.equal(refused.failures[0]?.code, 'NotOnTape');
      bench.lines.length = 0;
      assert.deepEqual(counts(await retentionPass(bench, {})), { scanned: 1, kept: 1 });
      const told = warningsOf(bench).filter(({ message }) => message.includes('set tape_state: query'));
      assert.deepEqual(
        told.map(({ fields }) => fields['example']),
        ['old'],
      );
      const tapeState = 'query';
      const report = await retentionPass(bench, {}, { confirm: true }, undefined, { tapeState });
      assert.deepEqual(counts(report), { scanned: 1, removed: 1 });
      assert.equal((await bench.archive({ tapeState }).evict(['old'])).evicted, 1);
      assert.equal((await bench.archive({ tapeState }).drill()).verified, 1);
    });
  });
});
