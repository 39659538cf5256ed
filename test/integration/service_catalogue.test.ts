/** What a service shows of its catalogue: read from a real one, beside a real server. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { ArchiveOptions } from '../../lib/index.js';
import { viewCatalogue, type CatalogueFacts, type CatalogueView } from '../../lib/service/catalogue_view.js';
import { CatalogueWatch } from '../../lib/service/catalogue_watch.js';
import type { Status } from '../../lib/service/status_board.js';
import { keepingLogger, withSharedArchive, type Bench } from '../support/archive.js';
import {
  catalogueConfig,
  factsOf as factsOfRecord,
  fileIn,
  mustOpen,
  NOON,
  rowOf,
  withCatalogue,
} from '../support/catalogue.js';
import { parseExposition } from '../support/prometheus.js';
import { reportOf } from '../support/reports.js';
import { many, quick, until, withOffline } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const DAY = 86_400_000;
const now = NOON + 100 * DAY;
const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
const gone = { removing: NOON, removed: NOON, rule: 'cached' } as const;
const rows = [
  rowOf('top'),
  rowOf('a/1', { ...gone, onTape: NOON, audited: NOON + 9 * DAY, audit: 'ok', size: 10 }),
  rowOf('a/2', { ...gone, onTape: NOON, compared: NOON + DAY, size: 20 }),
  rowOf('b/1', { ...gone, size: 5, mtime: (now - 2 * DAY) * 1000 }),
  rowOf('b/2', { ...gone, size: 6, mtime: (now - 4 * DAY) * 1000 }),
  rowOf('b/3', { ...gone, lost: NOON + 5 * DAY, loss: 'the server has no such file' }),
  rowOf('c/1', { compared: null, source: 'server', audited: NOON + 3 * DAY, audit: 'other bytes' }),
  rowOf('d/1', { compared: null, source: 'server' }),
];

const factsOf = ({ facts, nothing }: CatalogueView): CatalogueFacts =>
  facts ?? assert.fail(`there is nothing: ${nothing?.text}`);

describe('the view of a catalogue', () => {
  it('counts the records, finds those that are lost or overdue, and the parts with the oldest proof', async () => {
    await withCatalogue({ rows }, async ({ catalogue, config }) => {
      const started = iso(NOON);
      for (const [job, more] of [
        ['verify', { verified: 1 }],
        ['verify', { verified: 7, failed: 1 }],
        ['drill', { verified: 3 }],
        ['verify', { verified: 2, partial: true }],
        ['drill', { interrupted: true }],
        ['backup', {}],
      ] as const) {
        const { failures: _, ...report } = reportOf({ job, ...more });
        const finished = report.finishedAt;
        await catalogue.durable({ kind: 'pass', job, started, finished, report: JSON.stringify(report) });
      }
      const facts = factsOf(await viewCatalogue({ ...config, maxAgeWarning: '3d' }, now));
      assert.deepEqual(facts.records, {
        ...{ in_cache: { records: 3, bytes: 3000 }, waiting: { records: 2, bytes: 11 } },
        ...{ on_tape: { records: 2, bytes: 30 }, lost: { records: 1, bytes: 1000 } },
      });
      assert.equal(facts.overdue, 1);
      const reason = 'the server has no such file';
      assert.deepEqual(facts.lost, [{ path: 'b/3', size: 1000, since: iso(NOON + 5 * DAY), reason }]);
      const { audited, lastAudited, provenSince, wrong } = facts;
      assert.deepEqual([audited, lastAudited, provenSince, wrong], [2, iso(NOON + 9 * DAY), null, 1]);
      assert.deepEqual(
        facts.parts.map((part) => [part.name, part.records, part.audited, part.provenSince, part.wrong]),
        [
          ['d', 1, 0, null, 0],
          ['.', 1, 0, iso(NOON), 0],
          ['b', 3, 0, iso(NOON), 0],
          ['a', 2, 1, iso(NOON + DAY), 0],
          ['c', 1, 1, iso(NOON + 3 * DAY), 1],
        ],
      );
      const remembered = { finishedAt: reportOf().finishedAt, error: null };
      assert.deepEqual(facts.audit, { ...remembered, outcome: 'failures', verified: 7, failed: 1 });
      assert.deepEqual(facts.drill, { ...remembered, outcome: 'ok', verified: 3, failed: 0 });
      assert.ok(facts.fileBytes > 10_000);
    });
  });

  it('is that of all shards together', async () => {
    await withTemp(async (cache) => {
      const config = catalogueConfig(cache);
      const shards = [rows.slice(0, 4), rows.slice(4)];
      for (const [index, own] of shards.entries()) {
        await using one = await mustOpen(config, { mode: 'write', shard: { index, count: 2 } });
        for (const row of own) one.note({ kind: 'imported', row });
      }
      const facts = factsOf(await viewCatalogue({ ...config, maxAgeWarning: '3d' }, now));
      assert.deepEqual([facts.overdue, facts.records.waiting.records, facts.audited], [1, 2, 2]);
      assert.deepEqual(
        facts.lost.map(({ path }) => path),
        ['b/3'],
      );
    });
  });

  it('names a lost record also when another one has taken its name', async () => {
    const waiting = rowOf('r', { ...gone, onTape: null });
    await withCatalogue({ rows: [waiting] }, async ({ catalogue, config }) => {
      const facts = factsOf(await viewCatalogue({ ...config, maxAgeWarning: undefined }));
      assert.deepEqual(facts.lost, []);
      const other = factsOfRecord('r', { size: 7, checksums: [{ type: 'adler32', value: 'ffffffff' }] });
      await catalogue.durable({
        kind: 'compared',
        facts: other,
        at: NOON + DAY,
        copied: true,
        onTape: false,
      });
      const { lost, records } = factsOf(await viewCatalogue({ ...config, maxAgeWarning: undefined }));
      assert.deepEqual([records.lost.records, records.in_cache.records], [1, 1]);
      assert.deepEqual(
        lost.map(({ path, size, since }) => [path, size, since]),
        [['r', 1000, iso(NOON + DAY)]],
      );
      assert.match(lost[0]?.reason ?? '', /another record was archived under its name/);
      await catalogue.durable({ kind: 'forgotten', path: 'r', at: NOON + 2 * DAY, reason: 'test' });
      const after = factsOf(await viewCatalogue({ ...config, maxAgeWarning: undefined }));
      assert.deepEqual([after.lost, after.records.lost.records], [[], 0]);
    });
  });

  it('names the first hundred lost records of many', async () => {
    const lost = Array.from({ length: 2500 }, (_, i) =>
      rowOf(`r/${i}`, { ...gone, lost: NOON, loss: 'gone' }),
    );
    await withCatalogue({ rows: lost }, async ({ config }) => {
      const facts = factsOf(await viewCatalogue({ ...config, maxAgeWarning: undefined }));
      assert.deepEqual([facts.lost.length, facts.records.lost.records], [100, 2500]);
    });
  });

  it('tells why there is nothing: off, not made yet, damaged', async () => {
    await withTemp(async (cacheDirectory) => {
      const config = { catalogue: true, cataloguePath: undefined, cacheDirectory, targetUrl: 'root://h//b' };
      const nothing = async (more: object) =>
        (await viewCatalogue({ ...config, maxAgeWarning: undefined, ...more })).nothing;
      assert.equal((await nothing({ catalogue: false }))?.isFault, false);
      assert.deepEqual(await nothing({}), { text: 'None yet: the first pass makes it.', isFault: false });
      await writeFile(fileIn(cacheDirectory), Buffer.alloc(8192, 'not SQLite'));
      const damaged = await nothing({});
      assert.equal(damaged?.isFault, true);
      assert.match(damaged.text, /catalogue/);
    });
  });

  it('is looked at once more if something happens during a look, and never twice at once', async () => {
    await withCatalogue({ rows }, async ({ config, catalogue }) => {
      const { logger, lines } = keepingLogger();
      const views: CatalogueView[] = [];
      const watch = new CatalogueWatch({
        ...{ config: () => ({ ...config, maxAgeWarning: undefined }), logger },
        tell: (view) => views.push(view),
      });
      watch.look();
      for (let i = 0; i < 5; i++) watch.hear({ type: 'pass:scheduled', job: 'backup', at: '', late: false });
      await watch.settled();
      assert.equal(views.length, 2);
      await catalogue.durable({ kind: 'lost', path: 'a/1', at: NOON, reason: 'gone' });
      watch.hear({ type: 'pass:finished', report: reportOf() });
      await watch.settled();
      assert.deepEqual(
        views.map(({ facts }) => facts?.records.lost.records),
        [1, 1, 2],
      );
      assert.deepEqual(lines, []);
    });
  });
});

/** A service with a page whose catalogue has these rows. */
async function withService(
  bench: Bench,
  options: Partial<ArchiveOptions>,
  use: (ask: (path: string) => Promise<string>) => Promise<void>,
): Promise<void> {
  const copyCronString = '0 0 1 1 *';
  const service = bench.archive({ ...quick, copyCronString, http: { port: 0 }, ...options });
  const config = service.config;
  await using catalogue = await mustOpen(config, { mode: 'write' });
  for (const row of rows) catalogue.note({ kind: 'imported', row });
  await catalogue.flush();
  await service.start();
  const url = bench.lines.findLast(({ fields }) => 'url' in fields)?.fields['url'] as string;
  try {
    await use(async (path) => await (await fetch(url + path)).text());
  } finally {
    await service.stop({ graceSeconds: 0 });
  }
}

describe('a service with a catalogue', () => {
  it('shows from its start what is lost: on the page, in the metrics; it stays healthy', async () => {
    await withSharedArchive(async (bench) => {
      await withService(bench, {}, async (ask) => {
        const status = async () => JSON.parse(await ask('/status')) as Status;
        await until(async () => (await status()).catalogue?.facts !== undefined);
        const page = await ask('/');
        assert.match(page, /1 record lost/);
        assert.match(page, /xrootd-archive catalogue forget b\/3/);
        const { value } = parseExposition(await ask('/metrics'));
        assert.equal(value('xrootd_archive_records_lost'), 1);
        assert.equal(value('xrootd_archive_catalogue_records', { state: 'waiting' }), 2);
        assert.equal(await ask('/healthz'), 'ok\n');
      });
    });
  });

  it('remembers the last drill, also in the next process', async () => {
    await withOffline({}, many(4), async (bench) => {
      const drill = { cronString: '* * * * * *', files: 2 };
      const lastDrill = async (ask: (path: string) => Promise<string>) =>
        (JSON.parse(await ask('/status')) as Status).catalogue?.facts?.drill;
      await withService(bench, { drill }, async (ask) => {
        await until(async () => (await lastDrill(ask)) != null);
        assert.match(await ask('/'), /Last drill: .*2 files verified, 0 failed/s);
      });
      await withService(bench, {}, async (ask) => {
        await until(async () => (await lastDrill(ask)) != null);
        const last = await lastDrill(ask);
        assert.deepEqual([last?.outcome, last?.verified, last?.failed], ['ok', 2, 0]);
        const { value } = parseExposition(await ask('/metrics'));
        const time = value('xrootd_archive_drill_last_timestamp_seconds', { kind: 'drill' });
        assert.equal(time, Date.parse(last?.finishedAt ?? '') / 1000);
      });
    });
  });

  it('leaves a damaged catalogue alone after a drill: the pass must hear of the damage', async () => {
    await withOffline({}, many(3), async (bench) => {
      const drill = { cronString: '* * * * * *', files: 1 };
      const service = bench.archive({ ...quick, copyCronString: '0 0 1 1 *', drill });
      const file = fileIn(bench.cache);
      await writeFile(file, Buffer.alloc(8192, 'not SQLite'));
      await service.start();
      try {
        await until(() =>
          bench.lines.some(({ message }) => message.startsWith("the catalogue doesn't remember this drill")),
        );
      } finally {
        await service.stop({ graceSeconds: 0 });
      }
      const { nothing } = await viewCatalogue(service.config);
      assert.equal(nothing?.isFault, true);
    });
  });
});
