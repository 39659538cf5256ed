import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveConfig, Report } from '../../lib/index.js';
import { AfterPass } from '../../lib/service/after_pass.js';
import { keepingLogger } from '../support/archive.js';
import { reportOf } from '../support/reports.js';
import { withTemp } from '../support/temporary.js';

const error = { path: '', code: 'ConnectionError', message: 'gone' };
const jobId = 'nightly';

describe('a pass that could not begin is told', () => {
  const earlier: [job: Report['job'], dryRun: boolean][] = [
    ['restore', false],
    ['backup', true],
    ['backup', false],
  ];
  for (const [job, dryRun] of earlier)
    it(`also if a ${dryRun ? 'dry ' : ''}${job} with the same jobId has failed before`, async () => {
      await withTemp(async (directory) => {
        const config = { metricsTextfile: join(directory, 'm.prom') } as ArchiveConfig;
        const after = new AfterPass(() => config, keepingLogger().logger);
        after.hear({ type: 'pass:finished', jobId, report: reportOf({ job, dryRun, error }) });
        await after.settled();
        const refused = new Error('the cache is not mounted');
        await assert.rejects(
          after.asked('retention', { jobId }, () => Promise.reject(refused)),
          refused,
        );
        await after.settled();
        await access(join(directory, 'm-retention.prom'));
      });
    });

  it('once, if it has told of itself', async () => {
    const lines: string[] = [];
    const config = { metricsTextfile: '/nonexistent/m.prom' } as ArchiveConfig;
    const logger = { ...keepingLogger().logger, warn: (text: string) => void lines.push(text) };
    const after = new AfterPass(() => config, logger);
    const failing = () => {
      after.hear({ type: 'pass:finished', jobId, report: reportOf({ error }) });
      return Promise.reject(new Error('gone'));
    };
    await assert.rejects(after.asked('backup', { jobId }, failing));
    await after.settled();
    assert.equal(lines.length, 1, lines.join('\n'));
  });
});
