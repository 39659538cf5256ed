/** Whatever JavaScript does with the addon's functions: no crash, no hang; a TypeError, or an error of a call. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { addon } from '../../lib/addon/addon.js';
import { runChild } from '../support/child.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

const calls = scaled('calls of a process', 1500, 6000);
const processes = scaled('processes', 4, 24);
/** FUZZ_SEED=n starts with the seed of a failure. */
const first = Number(process.env['FUZZ_SEED'] ?? Math.floor(Date.now() / 86_400_000) * 1000);

describe('the addon, fuzzed', function () {
  this.timeout(300_000);
  let server: PlainServer;
  let local: TemporaryDirectory;
  before(async () => {
    server = await PlainServer.start();
    server.mkdir('/d');
    server.write('/small', 'small');
    local = new TemporaryDirectory();
  });
  after(async () => {
    local.remove();
    await server.stop();
  });

  async function fuzz(seed: number): Promise<void> {
    const directory = local.file(`seed-${seed}`);
    const end = await runChild('fuzz', [String(seed), String(calls), server.url, directory], {
      nodeOptions: ['--expose-gc'],
      env: { XRD_LOGFILE: '/dev/null' },
      limit: 60,
    });
    const last = () => readFileSync(`${directory}/calls`, 'utf8').split('\n\n')[0]?.slice(-1500);
    assert.deepEqual(
      [end.code, end.signal, end.stderr],
      [0, null, ''],
      `FUZZ_SEED=${seed}\n${end.stderr}\nlast calls:\n${last()}`,
    );
    const { names, shallow } = JSON.parse(end.stdout) as { names: string[]; shallow: string[] };
    assert.deepEqual(shallow, [], `no call of these was ever accepted: FUZZ_SEED=${seed}`);
    for (const name of Object.keys(addon))
      assert.ok(
        names.some((each) => each.endsWith(name)),
        name,
      );
    assert.ok(names.includes('FileSystem.stat') && names.includes('Operation.cancel'), String(names));
  }

  it(`${processes} processes of ${calls} calls`, async () => {
    const seeds = Array.from({ length: processes }, (_, i) => first + i).values();
    const work = async () => {
      for (const seed of seeds) await fuzz(seed);
    };
    const ends = await Promise.allSettled([work(), work()]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  });
});
