/** S14 under SIGKILL: every file that has gone has its row, and no row says of a file that is there that it has gone. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArchiveOptions } from '../../lib/index.js';
import { recordsIn, withArchive, withSharedArchive, type Bench } from '../support/archive.js';
import { addStates, Claims, goneOf, noStates } from '../support/catalogue_claims.js';
import {
  CLOSING_STEPS,
  MAKING_STEPS,
  PassesToKill,
  REACHED,
  REMOVAL_STEPS,
  StartedAhead,
  type Step,
  type StepPlace,
} from '../support/passes_to_kill.js';
import { scaled } from '../support/tier.js';

type Rule = 'cached' | 'backed_up';

/** What a kill has cut is as young as somebody's upload: nobody else is here. */
function optionsOf({ cache, sandbox }: Bench, autoRemove: Rule | 'never'): ArchiveOptions {
  return {
    ...{ cacheDirectory: cache, targetUrl: sandbox.url, autoRemove, catalogueSegments: false },
    ...{ settleSeconds: 0, retryDelaySeconds: 0, unfinishedAfterSeconds: 0, parallelCopies: 4 },
  };
}

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a kill has cut is made whole before tape may take it. */
async function ontoTape(bench: Bench): Promise<void> {
  await bench.pass(optionsOf(bench, 'never'));
  await bench.sandbox.migrateAll();
}

/** Tape takes what the passes copied; the last one removes it all. */
async function complete(bench: Bench, claims: Claims, autoRemove: Rule | 'never'): Promise<void> {
  // A capture that was put back in one pass is archived by the next.
  const told: unknown[] = [];
  for (let pass = 0; pass < 3 && claims.names.some((name) => claims.isLocal(name)); pass += 1) {
    const { failures, keptReasons } = await bench.pass(optionsOf(bench, autoRemove));
    told.push(failures.slice(0, 3), keptReasons);
    await bench.sandbox.migrateAll();
  }
  assert.deepEqual(await recordsIn(bench.cache), [], JSON.stringify(told));
  const states = await claims.check('read and write');
  assert.equal(goneOf(states), claims.names.length, JSON.stringify(states));
}

/** Tops the cache up. @returns the records that the next passes may remove */
async function fill(claims: Claims, count: number, prefix: string, random: () => number): Promise<string[]> {
  for (let i = claims.local().length; i < count; i += 1)
    await claims.write(`d${i % 7}/${prefix}-${i}`, 1 + Math.floor(random() * 20_000));
  return claims.names.filter((name) => claims.isLocal(name));
}

function figures(of: string, sum: object): void {
  if (process.env['KILL_FIGURES'] !== undefined) process.stdout.write(`${of}: ${JSON.stringify(sum)}\n`);
}

describe('SIGKILL and the catalogue', () => {
  const seed = Number(process.env['KILL_SEED'] ?? 20_261_126);

  /** Names what has to be done again to see a failure again. */
  async function telling<T>(what: string, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw new Error(`KILL_SEED=${seed}, ${what}: ${String(error)}`, { cause: error });
    }
  }

  const records = scaled('records in each pass', 24, 40);
  const kills = scaled('kills', 12, 200);
  const ofCache = scaled('kills of passes over one cache', 6, 20);

  it(`at ${kills} random moments of passes with removals (KILL_SEED=${seed})`, async function () {
    this.timeout(300_000 + kills * 20_000);
    const random = randomOf(seed);
    const sum = noStates();
    let inTime = 0;
    for (let done = 0; done < kills;)
      await withSharedArchive(async (bench) => {
        const rule = (done / ofCache) % 2 === 0 ? 'cached' : 'backed_up';
        const claims = new Claims(bench);
        await using children = new StartedAhead(() => new PassesToKill(optionsOf(bench, rule), 0));
        for (let left = ofCache; left > 0 && done < kills; left -= 1, done += 1) {
          const names = await fill(claims, records, `r${done}`, random);
          if (rule === 'backed_up') await ontoTape(bench);
          const passes = children.take();
          await passes.go();
          await momentOf(passes, random, records, rule);
          await passes.kill();
          const how = random() < 0.5 ? 'copy' : 'read and write';
          const states = await telling(`kill ${done} (${rule}), ${how}`, () => claims.check(how, names));
          if (goneOf(states) < names.length) inTime += 1;
          addStates(sum, states);
        }
        await telling(`after kill ${done} (${rule})`, () => complete(bench, claims, rule));
      });
    figures('random moments', { inTime, ...sum });
    assert.ok(inTime >= kills / 4, `only ${inTime} of ${kills} came before all records had gone`);
  });

  const rules: readonly Rule[] = scaled('rules', 1, 2) > 1 ? ['cached', 'backed_up'] : ['cached'];
  const times = scaled('times at each step', 1, 3);

  for (const rule of rules)
    it(`at each step around commit, capture, unlink and close (${rule})`, async function () {
      this.timeout(times * 300_000);
      const random = randomOf(seed);
      const steps: Step[] = MAKING_STEPS.map((step) => ({ step, nth: 1 }));
      // Removals share commits: a pass may have one only.
      for (const step of REMOVAL_STEPS)
        for (let nth = 1; nth <= (isOfCommit(step) ? 1 : times); nth += 1) steps.push({ step, nth });
      for (const step of CLOSING_STEPS) steps.push({ step, nth: 1 });
      const sum = noStates();
      await withSharedArchive(async (bench) => {
        const claims = new Claims(bench);
        const left = [...steps];
        await using children = new StartedAhead(
          () => new PassesToKill(optionsOf(bench, rule), 1, left.shift()),
        );
        for (const [index, { step, nth }] of steps.entries())
          await telling(`${step}, ${nth}`, async () => {
            const passes = children.take();
            const names = await fill(claims, records, `s${index}`, random);
            if (rule === 'backed_up') await ontoTape(bench);
            await passes.go();
            const { code, signal } = await passes.ended();
            assert.deepEqual([code, signal], [null, 'SIGKILL'], passes.stderr);
            const states = await claims.check(index % 2 === 0 ? 'read and write' : 'copy', names);
            if (nth === 1 && isBeforeUnlink(step)) assert.equal(goneOf(states), 0);
            else if (!isBeforeUnlink(step)) assert.ok(goneOf(states) > 0 || index < MAKING_STEPS.length);
            addStates(sum, states);
          });
        await complete(bench, claims, rule);
      });
      figures('steps', sum);
    });

  const pairs = scaled('kills with a dead server', 4, 40);

  it(`the server killed at the same moment, ${pairs} times (KILL_SEED=${seed})`, async function () {
    this.timeout(300_000 + pairs * 30_000);
    const random = randomOf(seed);
    const sum = noStates();
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      const claims = new Claims(bench);
      // It stands still there, and the server dies first: what other records have asked of it fails or stays unanswered.
      const steps = Array.from({ length: pairs }, (_, i) =>
        i % 2 === 0
          ? undefined
          : {
              step: REMOVAL_STEPS[((i + 5) / 2) % REMOVAL_STEPS.length] as StepPlace,
              nth: 1,
              go: '/nowhere',
            },
      );
      const left = [...steps];
      await using children = new StartedAhead(
        () => new PassesToKill(optionsOf(bench, 'cached'), 0, left.shift()),
      );
      for (const [index, step] of steps.entries())
        await telling(`with the server, ${index} (${step?.step})`, async () => {
          const names = await fill(claims, records, `p${index}`, random);
          const passes = children.take();
          await passes.go();
          if (step === undefined) await momentOf(passes, random, records, 'cached');
          else await passes.until(() => passes.stderr.includes(REACHED));
          const gap = random() * 60;
          if (step !== undefined || random() < 0.5) {
            await bench.sandbox.kill();
            await sleep(gap);
            await passes.kill();
          } else {
            await passes.kill();
            await bench.sandbox.kill();
          }
          addStates(sum, await claims.check(index % 2 === 0 ? 'read and write' : 'copy', names));
          await bench.sandbox.restart();
        });
      await complete(bench, claims, 'cached');
    });
    figures('with the server', sum);
  });
});

function isOfCommit(step: StepPlace): boolean {
  return /in the transaction|before its answer|after the commit of the note/.test(step);
}

function isBeforeUnlink(step: StepPlace): boolean {
  const at = REMOVAL_STEPS.indexOf(step as (typeof REMOVAL_STEPS)[number]);
  return at >= 0 && at < REMOVAL_STEPS.indexOf('after the unlink');
}

/** Any moment from the beginning of the first pass on: soon after its start, or among its removals. */
async function momentOf(
  passes: PassesToKill,
  random: () => number,
  records: number,
  rule: Rule,
): Promise<void> {
  if (random() < 0.3) await sleep(random() * 400);
  else {
    const removed = Math.floor(random() * records);
    await passes.until(() => passes.removed >= removed || passes.passes > (rule === 'cached' ? 1 : 2));
    await sleep(random() * 15);
  }
}
