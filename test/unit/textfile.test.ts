import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { redact } from '../../lib/config/index.js';
import { validateBlock } from '../../lib/config/validate.js';
import { hookText } from '../../lib/service/hooks.js';
import { textfileOf, textOf, writeTextfile } from '../../lib/service/textfile.js';
import { parseExposition } from '../support/prometheus.js';
import { failure, reportOf } from '../support/reports.js';
import { withTemp } from '../support/temporary.js';

const error = { path: '', code: 'ConnectionError', message: 'gone' };

function valuesOf(text: string): Record<string, number> {
  const { samples } = parseExposition(text);
  return Object.fromEntries(
    samples.map(({ name, labels, value }) => {
      const { outcome, result } = labels;
      assert.equal(labels['kind'], 'backup', name);
      return [`${name.replace('xrootd_archive_last_pass_', '')} ${outcome ?? result ?? ''}`.trim(), value];
    }),
  );
}

describe('metrics for node_exporter', () => {
  const wait = { files: 3, bytes: 30, overdue: 1, oldest: { path: 'a', since: '2026-02-01T00:00:00Z' } };

  it('of a pass; what a later one that failed does not say stays or is absent', () => {
    const first = textOf(
      reportOf({ copied: 2, removed: 1, removedAfterCopy: 1, bytesCopied: 20, notOnTape: wait }),
    );
    const values = valuesOf(first);
    assert.deepEqual(
      [values['files copied'], values['files removed'], values['bytes copied'], values['outcome ok']],
      [2, 2, 20, 1],
    );
    assert.deepEqual(
      [values['duration_seconds'], values['not_on_tape_records'], values['overdue_records']],
      [600, 3, 1],
    );
    assert.equal(values['oldest_not_on_tape_timestamp_seconds'], Date.parse('2026-02-01T00:00:00Z') / 1000);
    const second = valuesOf(textOf(reportOf({ error, finishedAt: '2026-03-02T00:00:00.000Z' }), first));
    assert.equal(second['completed_timestamp_seconds'], values['completed_timestamp_seconds']);
    assert.deepEqual([second['outcome error'], second['outcome ok']], [1, 0]);
    assert.equal(second['timestamp_seconds'], Date.parse('2026-03-02T00:00:00Z') / 1000);
    assert.ok(!('not_on_tape_records' in second));
    assert.ok(!('completed_timestamp_seconds' in valuesOf(textOf(reportOf({ error })))));
  });

  it('are replaced in one step, readable by all, a file a job; a failed write leaves the old one', async () => {
    await withTemp(async (directory) => {
      const file = join(directory, 'archive.prom');
      await writeTextfile(file, reportOf());
      await writeTextfile(file, reportOf({ copied: 5 }));
      await writeTextfile(file, reportOf({ job: 'drill' }));
      assert.deepEqual((await readdir(directory)).sort(), ['archive-backup.prom', 'archive-drill.prom']);
      const own = join(directory, 'archive-backup.prom');
      assert.equal((await stat(own)).mode & 0o777, 0o644);
      assert.equal(valuesOf(await readFile(own, 'utf8'))['files copied'], 5);
      await mkdir(join(directory, 'taken-backup.prom'));
      await writeFile(join(directory, 'taken-backup.prom', 'x'), '');
      await assert.rejects(writeTextfile(join(directory, 'taken.prom'), reportOf()));
      assert.deepEqual((await readdir(directory)).length, 3);
    });
  });
});

describe('metrics of shards for node_exporter', () => {
  const shardOf = (index: number) => ({ shard: { index, count: 2 } });

  it('have a file each, and a label: one that goes well hides none that failed', async () => {
    await withTemp(async (directory) => {
      const file = join(directory, 'archive.prom');
      await writeTextfile(file, reportOf({ ...shardOf(1), conflicts: 1 }));
      await writeTextfile(file, reportOf(shardOf(0)));
      await writeTextfile(file, reportOf());
      const names = ['archive-backup.0-of-2.prom', 'archive-backup.1-of-2.prom', 'archive-backup.prom'];
      assert.deepEqual((await readdir(directory)).sort(), names);
      // node_exporter reads all files of the directory together.
      const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
      const { samples } = parseExposition(texts.join(''));
      const conflicts = samples.filter(({ labels }) => labels['result'] === 'conflict');
      assert.deepEqual(
        conflicts.map(({ labels, value }) => [labels['shard'], value]),
        [
          ['0/2', 0],
          ['1/2', 1],
          [undefined, 0],
        ],
      );
    });
  });

  it('keep when the shard was last completed', async () => {
    await withTemp(async (directory) => {
      const file = join(directory, 'archive.prom');
      await writeTextfile(file, reportOf(shardOf(1)));
      await writeTextfile(file, reportOf({ ...shardOf(0), finishedAt: '2026-03-03T00:00:00.000Z' }));
      await writeTextfile(file, reportOf({ ...shardOf(1), error }));
      const { samples } = parseExposition(await readFile(textfileOf(file, reportOf(shardOf(1))), 'utf8'));
      const completed = samples.find(({ name }) => name.endsWith('completed_timestamp_seconds'));
      assert.equal(completed?.value, Date.parse(reportOf().finishedAt) / 1000);
    });
  });
});

describe('hooks', () => {
  it('tell people in a few lines what a pass did', () => {
    const failures = Array.from({ length: 9 }, (_, i) => failure(`f${i}`));
    const text = hookText(reportOf({ copied: 4, kept: 2, failed: 8, conflicts: 1, failures }));
    const [line, ...rest] = text.split('\n');
    assert.equal(line, 'backup failures: 4 copied, 0 removed, 2 kept, 8 failed, 1 in conflict; 600 s');
    assert.deepEqual([rest.length, rest.at(-1)], [6, 'and 4 more files']);
    assert.match(hookText(reportOf({ error })), /^backup error: .*\ngone$/);
  });

  it('are checked, and their addresses are shown to nobody', () => {
    const problem = (hooks: object) => {
      const { problems } = validateBlock({ target_url: 'root://host//base', hooks });
      return problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
    };
    assert.equal(problem({}), 'hooks: must name a command, a url or a failure_url');
    for (const url of ['ftp://host/very-secret', 'very-secret', 'https://', 'https:///very-secret', 7])
      assert.equal(problem({ url }), 'hooks.url: must be a URL that begins with https:// or http://');
    assert.match(problem({ command: [] }), /^hooks\.command: must name a program/);
    const shown = redact({
      hooks: {
        url: 'https://user:pw@hooks.slack.com/services/T0/B0/very-secret?x=1',
        failure_url: 'http://ntfy.sh/very-secret',
        failureUrl: 'http://ntfy.sh/very-secret',
      },
      target_url: 'root://host//base',
    });
    assert.deepEqual(shown, {
      hooks: {
        url: 'https://hooks.slack.com/***',
        failure_url: 'http://ntfy.sh/***',
        failureUrl: 'http://ntfy.sh/***',
      },
      target_url: 'root://host//base',
    });
  });
});
