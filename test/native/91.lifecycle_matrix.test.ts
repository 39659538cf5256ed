/**
 * Every way in which a process ends, while each thing is under way, in the main thread and in workers: as it was told to end, within
 * 5 seconds, without a word.
 */
import assert from 'node:assert/strict';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'mocha';
import { runChild } from '../support/child.js';
import { PlainServer } from '../support/plain_server.js';
import { TemporaryDirectory } from '../support/temporary.js';
import { scaled } from '../support/tier.js';
import { phases } from './children/lifecycle/phases.js';

const onPurpose = /^(?!.*uncaughtException.*Napi).*on purpose/s;

interface Expected {
  code?: number;
  signal?: NodeJS.Signals;
  stderr?: RegExp;
  /** Only workers have it. */
  ofWorkers?: boolean;
}

const ends: Record<string, Expected> = {
  exit: { code: 7 },
  abort: { signal: 'SIGABRT', stderr: /^/ },
  'uncaught exception': { code: 1, stderr: onPurpose },
  'unhandled rejection': { code: 1, stderr: onPurpose },
  SIGTERM: { signal: 'SIGTERM' },
  collected: {},
  'terminated worker': { ofWorkers: true },
};
const places = ['main', 'worker', 'two workers'];

/**
 * Node's own (20.20): a thread that is ended in the middle of a call of node:fs/promises can end the whole process. It doesn't
 * harm what is on the disk more than a kill does.
 */
const faultOfNode = /node_file\.cc:\d+\s.*Assertion failed: \(req_wrap_async\) != nullptr/s;

interface Case {
  where: string;
  phase: string;
  end: string;
  expected: Expected;
}

const cases: Case[] = Object.keys(phases).flatMap((phase) =>
  Object.entries(ends).flatMap(([end, expected]) =>
    places
      .filter((where) => expected.ofWorkers !== true || where !== 'main')
      .map((where) => ({ where, phase, end, expected })),
  ),
);
/** Each phase, each end and each place at least once, by going down the table's diagonal. */
const diagonal = Object.keys(phases).map((phase, i) => {
  const ofPhase = cases.filter((each) => each.phase === phase);
  return ofPhase[(i * 11) % ofPhase.length] as Case;
});

/** Milliseconds. */
const longest = 5000;
/** Aborted at a silent server, a copy ends only with libXrdCl's stream timeout of 10 s (docs/library.md). */
const longestCopyAtSilence = 15_000;

describe('lifecycle', () => {
  let server: PlainServer;
  let local: TemporaryDirectory;
  let large: string;
  before(async () => {
    local = new TemporaryDirectory();
    large = local.sparse('large', 2 ** 30);
    server = await PlainServer.start({
      config: ['xrootd.chksum max 200 adler32 {dir}/sum'],
      programs: { sum: `#!/bin/sh\ntouch "$(dirname "$0")/asked-$(basename "$1")"\nexec sleep 20\n` },
    });
    server.mkdir('/d');
    server.write('/small', 'small');
    server.write('/some', Buffer.alloc(2 ** 20));
    server.write('/large', '');
    truncateSync(server.file('/large'), 2 ** 30);
    server.mkdir('/many');
    for (let i = 0; i < 3000; i += 1) writeFileSync(server.file(`/many/${i}`), '');
    mkdirSync(server.file('/sum'));
  });
  after(async () => {
    local.remove();
    await server.stop();
  });

  let runs = 0;
  async function run({ where, phase, end, expected }: Case): Promise<void> {
    const id = `life${(runs += 1)}`;
    const count = where === 'two workers' ? 2 : 1;
    for (let i = 0; i < count; i += 1)
      server.write(`/sum/${where === 'main' ? `${id}-0` : `${id}-${i}-0`}`, 'x');
    let reached = Infinity;
    const args = [where, phase, end, server.url, local.path, large, server.directory, id];
    const { code, signal, stderr, stdout } = await runChild('lifecycle', args, {
      nodeOptions: ['--expose-gc'],
      limit: 40,
      onOutput: () => {
        reached = performance.now();
      },
    });
    const took = performance.now() - reached;
    const what = `${phase}, ${end}, ${where}: ${JSON.stringify({ code, signal, took })}\n${stderr}${stdout}`;
    if (where !== 'main' && signal === 'SIGABRT' && faultOfNode.test(stderr)) return;
    assert.deepEqual(
      [code, signal],
      [expected.signal ? null : (expected.code ?? 0), expected.signal ?? null],
      what,
    );
    if (expected.stderr === undefined) assert.equal(stderr, '', what);
    else assert.match(stderr, expected.stderr, what);
    const silent = end === 'collected' && phase.includes('silent');
    assert.ok(took < (silent ? longestCopyAtSilence : longest), what);
  }

  async function runAll(chosen: readonly Case[]): Promise<void> {
    const queue = chosen.values();
    const work = async () => {
      for (const each of queue) await run(each);
    };
    const results = await Promise.allSettled([work(), work(), work(), work()]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  if (scaled('cases', diagonal.length, cases.length) === cases.length)
    for (const phase of Object.keys(phases))
      it(`${phase}: all ends, in all places`, () => runAll(cases.filter((each) => each.phase === phase)));
  else it('each phase once, each end, each place', () => runAll(diagonal));
});
