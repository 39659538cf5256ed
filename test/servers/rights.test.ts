/** An account that may write, but not delete (acc.authdb): what a pass can't take back it reports, and nothing is lost. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, utimesSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { counts, recordsIn } from '../support/archive.js';
import { passOn, type Circumstances } from '../support/passes.js';
import { PlainServer } from '../support/plain_server.js';
import { bytesOf, holdsRecord, writeRecord } from '../support/records.js';
import { withTemp } from '../support/temporary.js';

const size = 3 * 2 ** 20;
const told =
  /the server does not let us remove it .*: have it removed there \(rm root:.*\/r: Unable to remove .*\[NotAuthorized/;

describe('an account without the right to delete', () => {
  let server: PlainServer;
  let base = '';
  let bases = 0;

  before(async () => {
    server = await PlainServer.start({
      config: ['xrootd.chksum max 4 adler32 crc32c', 'ofs.authorize 1', 'acc.authdb {dir}/authdb'],
      programs: { authdb: 'u * / lirw\n' },
    });
  });
  after(() => server.stop());

  /** Runs with a cache of one record, `r`. */
  async function withRecord(use: (cacheDirectory: string) => Promise<void>): Promise<void> {
    bases += 1;
    base = `/base${bases}`;
    await withTemp(async (cacheDirectory) => {
      await writeRecord(cacheDirectory, 'r', size);
      await use(cacheDirectory);
    });
  }
  const pass = async (cacheDirectory: string, circumstances: Circumstances = {}, maxRate?: number) =>
    await passOn(
      { cacheDirectory, targetUrl: server.urlOf(base), autoRemove: 'cached', ...(maxRate && { maxRate }) },
      circumstances,
    );

  it('backup: copied, compared, removed', async () => {
    await withRecord(async (cache) => {
      const { report } = await pass(cache);
      assert.deepEqual(
        counts(report),
        { scanned: 1, copied: 1, removedAfterCopy: 1 },
        JSON.stringify(report),
      );
      assert.ok(await holdsRecord(server.file(join(base, 'r')), 'r', size));
    });
  });

  it('a record that changes while it is copied: its old copy stays, and is told', async () => {
    await withRecord(async (cache) => {
      const { report } = await pass(cache, {
        around: (store) => ({
          upload: async (...upload) => {
            const uploaded = await store.upload(...upload);
            await appendFile(join(cache, 'r'), 'more');
            return uploaded;
          },
        }),
      });
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 }, JSON.stringify(report));
      assert.match(report.failures[0]?.message ?? '', told);
      assert.equal(readFileSync(join(cache, 'r')).length, size + 4);
      utimesSync(server.file(join(base, 'r')), 1e9, 1e9);
      const next = await pass(cache);
      assert.deepEqual(counts(next.report), { scanned: 1, failed: 1 }, JSON.stringify(next.report));
      assert.match(next.report.failures[0]?.message ?? '', told);
      assert.deepEqual(await recordsIn(cache), ['r']);
    });
  });

  it('a part of a copy: not replaced, and told; the record stays', async () => {
    await withRecord(async (cache) => {
      const part = join(base, 'r');
      server.write(part, bytesOf('r', size / 2));
      utimesSync(server.file(part), 1e9, 1e9);
      const { report } = await pass(cache);
      assert.deepEqual(counts(report), { scanned: 1, failed: 1 }, JSON.stringify(report));
      assert.match(report.failures[0]?.message ?? '', told);
      assert.ok(await holdsRecord(join(cache, 'r'), 'r', size));
      assert.ok(existsSync(server.file(part)));
    });
  });

  it('a pass that ends in the middle of a copy: the next one tells what is left', async () => {
    await withRecord(async (cache) => {
      const stop = new AbortController();
      const { report } = await pass(
        cache,
        {
          signal: stop.signal,
          around: (store) => ({
            upload: (source, name, options) =>
              store.upload(source, name, {
                ...options,
                onProgress: (bytes) => {
                  options.onProgress?.(bytes);
                  stop.abort(new Error('enough'));
                },
              }),
          }),
        },
        2 ** 20,
      );
      assert.ok(report.interrupted);
      const part = server.file(join(base, 'r'));
      assert.ok(existsSync(part));
      utimesSync(part, 1e9, 1e9);
      const next = await pass(cache);
      assert.deepEqual(counts(next.report), { scanned: 1, failed: 1 }, JSON.stringify(next.report));
      assert.match(next.report.failures[0]?.message ?? '', told);
      assert.ok(await holdsRecord(join(cache, 'r'), 'r', size));
    });
  });
});
