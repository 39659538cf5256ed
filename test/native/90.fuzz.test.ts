/** Whatever JavaScript does with the addon's functions: no crash, no hang; a TypeError, or an error of a call. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { addon } from '../../lib/addon/addon.js';
import * as posix from '../../lib/posix/index.js';
import * as xrdcl from '../../lib/xrdcl/index.js';
import { runChild } from '../support/child.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

const calls = scaled('calls of a process', 1500, 6000);
const processes = scaled('processes', 3, 12);
/** FUZZ_SEED=n starts with the seed of a failure. */
const first = Number(process.env['FUZZ_SEED'] ?? Math.floor(Date.now() / 86_400_000) * 1000);

describe('the addon, fuzzed', () => {
  let server: PlainServer;
  let local: TemporaryDirectory;
  before(async () => {
    server = await PlainServer.start();
    local = new TemporaryDirectory();
  });
  after(async () => {
    local.remove();
    // An ordinary user can't empty a directory whose rights a call took away.
    execFileSync('chmod', ['-R', 'u+rwX', server.file('')]);
    await server.stop();
  });

  async function fuzz(child: string, seed: number): Promise<string[]> {
    const directory = local.file(`${child}-${seed}`);
    server.mkdir(`${directory}/d`);
    server.write(`${directory}/small`, 'small');
    const end = await runChild(child, [String(seed), String(calls), server.url, directory], {
      nodeOptions: ['--expose-gc'],
      env: { XRD_LOGFILE: '/dev/null' },
      limit: 240,
    });
    const last = () => readFileSync(`${directory}/calls`, 'utf8').split('\n\n')[0]?.slice(-1500);
    assert.deepEqual(
      [end.code, end.signal, end.stderr],
      [0, null, ''],
      `FUZZ_SEED=${seed} ${child}\n${end.stderr}\nlast calls:\n${last()}`,
    );
    const { names, shallow } = JSON.parse(end.stdout) as { names: string[]; shallow: string[] };
    assert.deepEqual(shallow, [], `no call of these was ever accepted: FUZZ_SEED=${seed}`);
    return names;
  }

  async function fuzzAll(child: string, expected: readonly string[]): Promise<void> {
    const seeds = Array.from({ length: processes }, (_, i) => first + i).values();
    const work = async () => {
      for (const seed of seeds) {
        const names = await fuzz(child, seed);
        for (const name of expected) assert.ok(names.includes(name), name);
      }
    };
    const ends = await Promise.allSettled([work(), work()]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  const isFunction = ([, value]: [string, unknown]) => typeof value === 'function';

  it(`does no harm: ${processes} processes of ${calls} calls`, async () => {
    const methods = ['new FileSystem', 'FileSystem.stat', 'new Operation', 'Operation.cancel'];
    const functions = Object.keys(addon).filter((name) => name !== 'FileSystem');
    await fuzzAll('fuzz', [...functions, ...methods]);
  });

  it(`nor do lib/xrdcl and lib/posix: ${processes} processes of ${calls} calls`, async () => {
    const exported = Object.entries({ ...xrdcl, ...posix }).filter(isFunction);
    const functions = exported.map(([name]) => (/^[A-Z]/.test(name) ? `new ${name}` : name));
    await fuzzAll('fuzz_wrappers', [...functions, 'environment.put', 'FileSystem.stat', 'CopyProcess.run']);
  });
});
