/** A service finds out what the server has lost, by its passes and its audits, and tells operators. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import type { Archive, ArchiveOptions, Report } from '../../lib/index.js';
import type { Status } from '../../lib/service/status_board.js';
import { withSharedArchive, type Bench } from '../support/archive.js';
import { fileIn, mustOpen } from '../support/catalogue.js';
import { parseExposition } from '../support/prometheus.js';
import { writeRecord } from '../support/records.js';
import { mailServer } from '../support/smtp.js';
import { until } from '../support/tape.js';

const never = '0 0 1 1 *';
const eachSecond = '* * * * * *';
const names = ['2026/a', '2026/b', '2027/c', 'top'];

interface Watched {
  service: Archive;
  ask: (path: string) => Promise<string>;
  status: () => Promise<Status>;
  metric: (name: string, labels?: Record<string, string>) => Promise<number | undefined>;
  finished: (job: Report['job']) => Promise<Report>;
}

/** The records are on the server, not on tape, and have left the cache. */
async function withRemoved(
  bench: Bench,
  options: Partial<ArchiveOptions>,
  use: (watched: Watched) => Promise<void>,
): Promise<void> {
  for (const name of names) await writeRecord(bench.cache, name, 1000);
  assert.equal((await bench.pass({ autoRemove: 'cached' })).removedAfterCopy, names.length);
  const service = bench.archive({
    ...{ autoRemove: 'cached', copyCronString: never, http: { port: 0 }, ...options },
  });
  await service.start();
  const url = bench.lines.findLast(({ fields }) => 'url' in fields)?.fields['url'] as string;
  const ask = async (path: string) => await (await fetch(url + path)).text();
  try {
    await use({
      ...{ service, ask, status: async () => JSON.parse(await ask('/status')) as Status },
      metric: async (name, labels) =>
        parseExposition(await ask('/metrics')).value(`xrootd_archive_${name}`, labels),
      finished: (job) =>
        new Promise((resolve) =>
          service.on('pass:finished', ({ report }) => {
            if (report.job === job) resolve(report);
          }),
        ),
    });
  } finally {
    await service.stop({ graceSeconds: 0 });
  }
}

describe('audits by the schedule of the service', () => {
  it('compare the catalogue with the server, and are seen on the page', async () => {
    await withSharedArchive(async (bench) => {
      const audit = { cronString: eachSecond, samplePercent: 50 };
      await withRemoved(bench, { audit }, async ({ status, ask, metric, finished }) => {
        const first = await finished('verify');
        assert.deepEqual([first.verified, first.failures], [2, []]);
        const facts = async () => (await status()).catalogue?.facts;
        await until(async () => (await facts())?.audited === names.length);
        const seen = await facts();
        assert.deepEqual([seen?.audit?.outcome, seen?.wrong], ['ok', 0]);
        assert.deepEqual(seen?.parts.map(({ name, audited }) => [name, audited]).sort(), [
          ['.', 1],
          ['2026', 2],
          ['2027', 1],
        ]);
        const page = await ask('/');
        assert.match(page, /Last audit: .*2 files verified, 0 failed/s);
        assert.match(page, /4 of 4 records audited \(100\s+%\)/);
        const last = await metric('audit_last_timestamp_seconds', { kind: 'verify' });
        assert.ok(last !== undefined && Math.abs(last - Date.now() / 1000) < 60);
        assert.equal(await metric('audit_wrong_records'), 0);
      });
    });
  });

  it('end without harm to the service where there is no catalogue yet', async () => {
    await withSharedArchive(async (bench) => {
      const audit = { cronString: eachSecond, samplePercent: 50 };
      const service = bench.archive({ copyCronString: never, audit });
      const failed = new Promise<{ message: string }>((resolve) => service.on('pass:failed', resolve));
      await service.start();
      try {
        assert.match((await failed).message, /catalogue/);
      } finally {
        await service.stop();
      }
    });
  });
});

describe('a damaged catalogue', () => {
  it('is told by mail and metrics, and removals wait for the next pass', async () => {
    const server = await mailServer();
    try {
      await withSharedArchive(async (bench) => {
        const mail = {
          ...{ host: '127.0.0.1', port: server.port, fromAddr: 'a@example.org', toAddrs: ['b@example.org'] },
        };
        await withRemoved(bench, { mail }, async ({ service, metric, status }) => {
          await until(async () => (await status()).catalogue?.facts !== undefined);
          await writeFile(fileIn(bench.cache), Buffer.alloc(8192, 'not SQLite'));
          await writeRecord(bench.cache, 'new', 1000);
          const { copied, removedAfterCopy, failures } = await service.backup();
          assert.deepEqual([copied, removedAfterCopy, failures[0]?.code], [1, 0, 'CatalogueUnusable']);
          assert.equal(await metric('catalogue_unusable'), 1);
          await until(() => server.mails.length === 1);
          assert.match(server.mails[0]?.text ?? '', /^Subject: .*catalogue cannot be used\r$/m);
          assert.match(server.mails[0]?.text ?? '', /was damaged/);
          assert.equal((await service.backup()).removed, 1);
          await until(async () => (await metric('catalogue_unusable')) === 0);
        });
      });
    } finally {
      await server.close();
    }
  });
});

describe('a record that the server has lost', () => {
  it('is found by the next pass: on the page, in the metrics, in the mail, until somebody forgets it', async () => {
    const server = await mailServer();
    try {
      await withSharedArchive(async (bench) => {
        const mail = {
          ...{ host: '127.0.0.1', port: server.port, fromAddr: 'a@example.org', toAddrs: ['b@example.org'] },
        };
        await withRemoved(bench, { mail }, async ({ service, ask, status, metric }) => {
          await rm(bench.sandbox.diskPath('2026/a'));
          const report = await service.backup();
          assert.deepEqual(
            report.failures.map(({ path, code }) => [path, code]),
            [['2026/a', 'LostCopy']],
          );
          const lost = async () => (await status()).catalogue?.facts?.lost.map(({ path }) => path);
          await until(async () => (await lost())?.length === 1);
          assert.deepEqual(await lost(), ['2026/a']);
          const page = await ask('/');
          assert.match(page, /1 record lost/);
          assert.match(page, /catalogue forget 2026\/a --reason/);
          assert.equal(await metric('records_lost'), 1);
          assert.equal(await metric('catalogue_unusable'), 0);
          assert.equal(await ask('/healthz'), 'ok\n');
          await until(() => server.mails.length === 1);
          assert.match(server.mails[0]?.text ?? '', /^Subject: .*1 record lost\r$/m);
          assert.match(server.mails[0]?.text ?? '', /^ {2}2026\/a: /m);

          await service.backup();
          await using catalogue = await mustOpen(service.config, { mode: 'write' });
          await catalogue.durable({ kind: 'forgotten', path: '2026/a', at: Date.now(), reason: 'test' });
          assert.deepEqual((await service.backup()).failures, []);
          await until(async () => (await lost())?.length === 0);
          assert.equal(await metric('records_lost'), 0);
          assert.equal(server.mails.length, 1);
        });
      });
    } finally {
      await server.close();
    }
  });

  it('is found by an audit', async () => {
    await withSharedArchive(async (bench) => {
      const audit = { cronString: eachSecond, samplePercent: 100 };
      await withRemoved(bench, { audit }, async ({ status, metric }) => {
        await rm(bench.sandbox.diskPath('2027/c'));
        await until(async () => (await status()).catalogue?.facts?.records.lost.records === 1);
        const facts = (await status()).catalogue?.facts;
        assert.deepEqual([facts?.lost[0]?.path, facts?.wrong], ['2027/c', 1]);
        await until(async () => (await metric('audit_wrong_records')) === 1);
        assert.equal(await metric('records_lost'), 1);
      });
    });
  });
});
