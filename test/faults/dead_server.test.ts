/** A server that dies in the middle of each command: it is noticed in time with default options, and nothing is lost. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { freeze } from '../../lib/sandbox/frozen.js';
import { jsonLines } from '../support/cli.js';
import { namesOf, underWay, withUnderWay, type Place, type UnderWay } from '../support/commands_under_way.js';
import { tellFigure } from '../support/figures.js';
import { holdsRecord } from '../support/records.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

/** Seconds. docs/faults.md has the times of a machine that does nothing else: at most 27. Before the pings it took up to 110. */
const mostToEnd = 80;

const deaths = {
  'is killed': ({ sandbox }: Place) => sandbox.kill(),
  'falls silent': ({ sandbox: { pid = NaN } }: Place) => {
    freeze(pid);
    return Promise.resolve();
  },
};

/** Each record has all of its bytes here or there, as long as the server's disk says so. */
async function assertWhole({ cache, sandbox }: Place, { archived, waiting }: UnderWay): Promise<void> {
  for (const records of [archived, waiting]) {
    for (const name of namesOf(records)) {
      const places = [
        path.join(cache, name),
        path.join(cache, path.dirname(name), `.xrootd-archive.removing.${path.basename(name)}`),
        sandbox.diskPath(name),
        sandbox.tapePath(name),
      ].filter((place) => existsSync(place));
      const held = await Promise.all(places.map((place) => holdsRecord(place, name, records?.size ?? 0)));
      assert.ok(held.includes(true), `${name}: ${places.join(', ')}`);
    }
  }
}

async function dies(command: UnderWay, how: keyof typeof deaths): Promise<void> {
  await withTemp((directory) =>
    withUnderWay(command, directory, async (running, place) => {
      const died = performance.now();
      const seconds = () => (performance.now() - died) / 1000;
      await deaths[how](place);
      let warned: number | undefined;
      const before = running.stderr.length;
      running.child.stderr.on('data', () => {
        if (running.stderr.slice(before).includes('WARN')) warned ??= seconds();
      });
      const { code, stdout, stderr } = await running.ended;
      const took = seconds();
      if (how === 'falls silent') process.kill(place.sandbox.pid ?? NaN, 'SIGCONT');
      assert.equal(code, 3, stderr);
      assert.match(stderr, /The server cannot be reached: check target_url/);
      const last = jsonLines(stdout).at(-1);
      assert.equal(last?.['type'], 'pass:finished');
      assert.ok(took < mostToEnd, `${took} s`);
      await assertWhole(place, command);
      const words = stderr.split('\n').find((line) => line.startsWith('xrootd-archive: '));
      tellFigure(`${command.name}, ${how}`, took, `first warning ${warned?.toFixed(1)} s; ${words}`);
    }),
  );
}

describe('a server that dies in the middle of a command', () => {
  const cases = (Object.keys(deaths) as (keyof typeof deaths)[]).flatMap((how) =>
    underWay.map((command) => ({ command, how })),
  );
  const chosen = cases.slice(0, scaled('deaths of a server in the middle of a command', 2, cases.length));
  const results = new Map<(typeof chosen)[number], Promise<void>>();

  // Four at a time: each waits for seconds, and does little in them.
  before(() => {
    const left = chosen.values();
    for (let i = 0; i < 4; i += 1) {
      let previous = Promise.resolve();
      const next = () => {
        const { value, done } = left.next();
        if (done === true) return;
        const result = previous.then(() => dies(value.command, value.how));
        results.set(value, result);
        previous = result.catch(() => undefined);
      };
      for (let j = i; j < chosen.length; j += 4) next();
    }
  });

  for (const each of chosen) {
    it(`${each.how}: ${each.command.name}`, async () => {
      await results.get(each);
    });
  }
});
