/** Servers that refuse what is at the end of a copy, or after it, and what people see: rows of docs/faults.md. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TapeSandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { recordsIn } from '../support/archive.js';
import { unanswered } from '../support/answering_relay.js';
import { withBehaving } from '../support/behaving.js';
import { cli, type Ended } from '../support/cli.js';
import { Cluster } from '../support/cluster.js';
import { tellFigure, unlessMeasured } from '../support/figures.js';
import { bytesOf, holdsRecord, writeRecord } from '../support/records.js';
import { withTemp } from '../support/temporary.js';

const MiB = 2 ** 20;

async function backup(cache: string, target: string, keys: Record<string, unknown> = {}): Promise<Ended> {
  return await withTemp(async (directory) => {
    const config = path.join(directory, 'config.yaml');
    const all = {
      ...{ cache_directory: cache, target_url: target, auto_remove: 'cached', settle_seconds: 0 },
      ...{ retry_delay_seconds: unlessMeasured(0.1, 2), ...keys },
    };
    await writeFile(config, JSON.stringify({ backup: all }));
    return await cli(['backup', '--config', config]);
  });
}

describe('a server that refuses at the end of a copy', () => {
  const cases: [title: string, options: SandboxOptions, size: number, message: RegExp][] = [
    [
      'the write is accepted and close fails',
      { failCommit: (name) => name === 'bad' },
      3 * MiB,
      /bad: copy .*the server did not keep the copy.*ask its operators/,
    ],
    ['it keeps no empty file', { refuseEmpty: true }, 0, /bad: .*empty/],
    ['it has no space left', { bufferSize: 2 * MiB }, 8 * MiB, /bad: copy .*\[NoSpace, kXR 3009\]/],
  ];
  for (const [title, options, size, message] of cases)
    it(`${title}: told, kept, nothing is left there, and the others go`, async () => {
      await using sandbox = await TapeSandbox.start({ migrationDelay: 'never', ...options });
      await withTemp(async (cache) => {
        await writeRecord(cache, 'bad', size);
        await writeRecord(cache, 'good', 5000);
        const { code, stdout, stderr, seconds } = await backup(cache, sandbox.url);
        const told = /Failed:\n {2}(.*)/.exec(stdout)?.[1] ?? '';
        tellFigure(title, seconds, `exit ${code}: ${told}`);
        assert.equal(code, 1, stderr);
        assert.match(told, message);
        assert.deepEqual(await recordsIn(cache), ['bad']);
        assert.ok(await holdsRecord(path.join(cache, 'bad'), 'bad', size));
        assert.ok(!existsSync(sandbox.diskPath('bad')));
        assert.ok(await holdsRecord(sandbox.diskPath('good'), 'good', 5000));
      });
    });
});

describe('a server that does not let us remove', () => {
  it('what a killed pass has left: told, kept, not replaced', async () => {
    await withBehaving(
      { bad: 3 * MiB, good: 5000 },
      () => undefined,
      async ({ server, cache, run }) => {
        server.write('/base/bad', bytesOf('bad', 3 * MiB).subarray(0, MiB));
        const { code, stdout } = await run(['backup'], 'not authorised to remove');
        assert.equal(code, 1, stdout);
        assert.match(stdout, /bad: .*have it removed there .*\[NotAuthorized, kXR 3010\]/);
        assert.deepEqual(await recordsIn(cache), ['bad']);
        assert.ok(await holdsRecord(path.join(cache, 'bad'), 'bad', 3 * MiB));
        assert.ok(await holdsRecord(server.file('/base/good'), 'good', 5000));
      },
      { unfinished_after_seconds: 0 },
      ['xrootd.chksum max 4 adler32 crc32c', 'ofs.authorize 1', 'acc.authdb {dir}/authdb'],
      { authdb: 'u * / lirw\n' },
    );
  });
});

describe('a server that never answers a checksum query', () => {
  // By default 60 s and one for each 5 MiB.
  const keys = { checksum_timeout_seconds: unlessMeasured(3, 3600) };
  it('the file is read back, and goes', async () => {
    await withBehaving(
      { r: 3 * MiB },
      ({ kind }) => (kind === 'query checksum' ? unanswered : undefined),
      async ({ server, cache, run }) => {
        const { code, stdout, stderr } = await run(['backup'], 'no answer to a checksum query');
        assert.equal(code, 0, stdout + stderr);
        assert.deepEqual(await recordsIn(cache), []);
        assert.ok(await holdsRecord(server.file('/base/r'), 'r', 3 * MiB));
      },
      keys,
    );
  });
});

describe('a redirector with a data server down', () => {
  it('a pass that expects both does not begin, and nothing goes', async () => {
    const cluster = await Cluster.start();
    try {
      await withTemp(async (cache) => {
        await writeRecord(cache, 'r', 5000);
        await cluster.down(1);
        const refused = await backup(cache, `${cluster.url}//base`, { data_servers: 2 });
        const told = refused.stderr.split('\n').find((line) => line.startsWith('xrootd-archive: ')) ?? '';
        tellFigure('a data server down', refused.seconds, `exit ${String(refused.code)}: ${told}`);
        assert.equal(refused.code, 3, refused.stderr);
        assert.match(told, /the redirector has 1 of 2 data servers now/);
        assert.deepEqual(await recordsIn(cache), ['r']);
      });
    } finally {
      await cluster.stop();
    }
  });
});
