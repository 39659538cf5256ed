/** The promises of RemoteStore (test/support/store_contract.ts), on each of its implementations and wrappers. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { parseTarget } from '../../lib/config/index.js';
import { limitedStore } from '../../lib/remote/limited_store.js';
import { pairedStore } from '../../lib/remote/paired_store.js';
import { shardStore } from '../../lib/remote/shard_store.js';
import type { RemoteStore } from '../../lib/remote/store.js';
import { tapeStateStore } from '../../lib/remote/tape_state_store.js';
import { XRootDStore } from '../../lib/remote/xrootd_store.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { RateLimit, XRootDError } from '../../lib/xrdcl/index.js';
import { PlainServer } from '../support/plain_server.js';
import { contractRate, keepsPromises, placeOnTape, type Storage } from '../support/store_contract.js';
import { until } from '../support/tape.js';

const timeouts = { request: 20, checksum: 20 };
const limits = { stats: 256, checksums: 4, copies: 4, copyMemory: 64 * 2 ** 20 };
const checksums = 'xrootd.chksum max 4 adler32 crc32c';

const bare = (url: string) =>
  new XRootDStore(parseTarget(url), timeouts, { rateLimit: new RateLimit(contractRate) });
const limited = (url: string) => limitedStore(bare(url), limits);

describe('a store', () => {
  let server: PlainServer;
  let other: PlainServer;
  let sandbox: TapeSandbox;
  let bases = 0;

  before(async () => {
    [server, other, sandbox] = await Promise.all([
      PlainServer.start({ config: [checksums] }),
      PlainServer.start(),
      TapeSandbox.start({ migrationDelay: 'never' }),
    ]);
  });
  after(async () => {
    await Promise.all([server.stop(), other.stop(), sandbox.stop()]);
  });

  const onPlain = (storeOf: (url: string) => RemoteStore) => (): Storage => {
    const base = `/base/${(bases += 1)}`;
    server.mkdir(base);
    const url = server.urlOf(base);
    const own = (name: string) => {
      server.own(`${base}/${name}`);
    };
    return { store: storeOf(url), url, root: server.file(base), own };
  };
  const onTape = (storeOf: (url: string) => RemoteStore) => (): Storage => {
    const place = placeOnTape(sandbox);
    return { ...place, store: storeOf(place.url) };
  };
  const third = { index: 1, count: 3 };

  describe('on XRootD', () => {
    keepsPromises(onPlain(bare));
  });
  describe('on XRootD with tape', () => {
    keepsPromises(onTape(bare));
  });
  describe('with limits', () => {
    keepsPromises(onPlain(limited));
  });
  for (const tapeState of ['query', 'either'] as const)
    describe(`with tape_state ${tapeState}`, () => {
      keepsPromises(onTape((url) => tapeStateStore(limited(url), { tapeState }, () => undefined)));
    });
  describe('of a shard', () => {
    keepsPromises(onPlain((url) => shardStore(limited(url), third, 4)));
  });
  describe('paired with another', () => {
    keepsPromises(onPlain((url) => pairedStore(limited(url), bare(other.urlOf('/')))));

    it('answers if both do', async () => {
      const twin = await PlainServer.start();
      const { store } = onPlain((url) => pairedStore(limited(url), bare(twin.urlOf('/'))))();
      const pings = [() => store.ping(), () => store.pingApart(5)];
      for (const ping of pings) await ping();
      await twin.stop();
      for (const ping of pings)
        await assert.rejects(ping(), (error) => error instanceof XRootDError && error.isConnectionFailure);
    });

    it('with none it is itself', () => {
      const store = limited(server.urlOf('/'));
      assert.equal(pairedStore(store, undefined), store);
    });
  });

  for (const [title, storeOf] of Object.entries({ bare, limited }))
    it(`with tape, ${title}: files go offline when they are given up, and come when they are asked for`, async () => {
      const { store, root, own } = onTape(storeOf)();
      const names = ['a b', 'ü'];
      for (const name of names) {
        writeFileSync(`${root}/${name}`, name);
        own(name);
      }
      await sandbox.migrateAll();
      const flags = async () =>
        (await store.statMany(names)).map((stat) => {
          assert.ok(stat && !(stat instanceof Error));
          return [stat.offline, stat.backUpExists];
        });
      assert.deepEqual(await flags(), [[false, true], [false, true]]); // prettier-ignore
      await store.evict(names);
      await until(async () => (await flags()).every(([offline]) => offline));
      const id = await store.stage(names);
      await store.cancelStage(id, names);
      const request = await store.stage(names);
      await until(async () => (await flags()).every(([offline]) => offline === false));
      const told = await store.queryStage(request, names);
      assert.ok([...told.values()].every(({ exists }) => exists !== false));
      for (const name of names) assert.equal(readFileSync(`${root}/${name}`, 'utf8'), name);
    });
});
