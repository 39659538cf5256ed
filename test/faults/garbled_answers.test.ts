/** Answers that are garbage: never a crash, and never a reason to remove a record (S11). */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { parseTarget } from '../../lib/config/index.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { FileSystem, XRootDError } from '../../lib/xrdcl/index.js';
import { assertAddsUp, collect, recordsIn, withArchive } from '../support/archive.js';
import { asked, GarblingRelay } from '../support/garbling_relay.js';
import { writeRecord } from '../support/records.js';
import { scaled } from '../support/tier.js';

const word = fc.oneof(
  fc.constantFrom(
    '0',
    '-1',
    '1',
    '8',
    '4096',
    '99999999999999999999',
    '1e9',
    '0x10',
    'nan',
    'adler32',
    'crc32c',
    '00000001',
    'zzz',
    '/',
    '..',
    '\0',
    '\n',
    '{',
    '[',
    '"',
    '\\',
    '\ud83d\ude00',
    'Sr127.0.0.1:1',
    'Mw[::1]:2',
    '.',
    '0 0 0 0',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const separator = fc.constantFrom(' ', '\n', '', '\0', ' ', ',');
/** No word is a clear statement of the server's: "on tape" is believed, if size and bytes are right. Anything, near-misses of what is expected, the right answer with a part changed or left out. */
const garble = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => (_: Buffer) => Buffer.from(bytes)),
  fc
    .array(fc.tuple(word, separator), { maxLength: 14 })
    .map((words) => (_: Buffer) => Buffer.from(`${words.flat().join('')}\0`)),
  fc.nat(200).map((cut) => (body: Buffer) => body.subarray(0, Math.min(cut, Math.max(0, body.length - 1)))),
  fc.tuple(fc.nat(200), fc.nat(255)).map(([at, byte]) => (body: Buffer) => {
    const changed = Buffer.from(body);
    if (changed.length > 0) changed[at % changed.length] = byte;
    return changed;
  }),
  fc.tuple(fc.nat(12), word).map(([at, text]) => (body: Buffer) => {
    const words = body.toString('latin1').split(' ');
    words[at % words.length] = text;
    return Buffer.from(words.join(' '), 'latin1');
  }),
);

const settled = async (work: Promise<unknown>) => {
  try {
    return await work;
  } catch (error) {
    assert.ok(error instanceof XRootDError, (error as Error).stack);
    return error;
  }
};

describe('answers that are garbage', () => {
  it('each request ends with a value or an XRootDError', async () => {
    await using sandbox = await TapeSandbox.start({ migrationDelay: 'never' });
    const relay = await GarblingRelay.start(sandbox.url);
    const { base } = parseTarget(sandbox.url);
    try {
      const server = new FileSystem(relay.url);
      const kinds = [
        () => server.stat(base),
        () => collect(server.dirList(base, { stat: true })),
        () => collect(server.dirStats(base)),
        () => server.statMany([base, `${base}/a`]),
        () => server.statVfs(base),
        () => server.locate(base),
        () => server.queryChecksum(`${base}/a`, 'adler32', { timeout: 3 }),
        () => server.queryConfig(['chksum', 'role']),
        () => server.queryChecksumTypes(),
        () => server.querySpace(base),
        () => server.queryPrepare('id', [`${base}/a`]),
        () => server.stage([`${base}/a`]),
        () => server.evict([`${base}/a`]),
      ];
      await writeFile(sandbox.diskPath('a'), 'a file', { mode: 0o644 });
      await server.stat(`${base}/a`);
      await fc.assert(
        fc.asyncProperty(garble, async (change) => {
          const numbers: readonly number[] = Object.values(asked);
          relay.change = (request, body) => (numbers.includes(request) ? change(body) : undefined);
          await Promise.all(kinds.map((ask) => settled(ask())));
        }),
        { numRuns: scaled('garbled answers of each kind', 40, 2000) },
      );
      assert.ok(relay.garbled > 100);
      relay.change = undefined;
      assert.equal((await server.stat(base)).isDirectory, true);
    } finally {
      relay.stop();
    }
  }).timeout(900_000);

  it('flags that nobody has defined, and sizes below nothing, are no answer', async () => {
    await using sandbox = await TapeSandbox.start({ migrationDelay: 'never' });
    const relay = await GarblingRelay.start(sandbox.url);
    const { base } = parseTarget(sandbox.url);
    try {
      const server = new FileSystem(relay.url);
      for (const garbled of [
        '7 300 4294967168 1780000000',
        '7 300 65664 1780000000',
        '7 -300 128 1780000000',
      ]) {
        relay.change = (request) => (request === asked.stat ? Buffer.from(`${garbled}\0`) : undefined);
        await assert.rejects(server.stat(base), { code: 'InvalidResponse' }, garbled);
        const [many] = await server.statMany([base]);
        assert.ok(many instanceof XRootDError && many.code === 'InvalidResponse', garbled);
      }
    } finally {
      relay.stop();
    }
  });

  it('a record goes only if its bytes are on tape, whatever a pass was told', async () => {
    await withArchive({ migrationDelay: 'never' }, async ({ sandbox, cache, archive }) => {
      const relay = await GarblingRelay.start(sandbox.url);
      const targetUrl = `${relay.url}/${parseTarget(sandbox.url).base}`;
      try {
        await fc.assert(
          fc.asyncProperty(
            garble,
            fc.constantFrom(...Object.values(asked)),
            fc.constantFrom('stat', 'either'),
            async (change, garbled, tapeState) => {
              await writeRecord(cache, 'a', 300);
              relay.change = (request, body) => (request === garbled ? change(body) : undefined);
              const pass = archive({
                targetUrl,
                tapeState,
                autoRemove: 'backed_up',
                retryAttempts: 1,
                requestTimeoutSeconds: 5,
                catalogue: false,
              });
              const report = await pass.backup().catch((error: unknown) => {
                assert.ok(
                  error instanceof Error && !/^(Type|Range|Reference)Error$/.test(error.name),
                  (error as Error).stack,
                );
                return undefined;
              });
              if (report !== undefined) assertAddsUp(report);
              // Nothing is on tape: it never migrates.
              assert.deepEqual(await recordsIn(cache), ['a']);
            },
          ),
          { numRuns: scaled('passes', 25, 600) },
        );
      } finally {
        relay.stop();
      }
    });
  }).timeout(900_000);
});
