/** S5: a process that ends at any named step of its work, alone or while the server fails too, has lost nothing, and the next one goes on. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { HaltingRelay } from '../support/halting_relay.js';
import { fileOf, patched } from '../support/patches.js';
import { shim, StoppedAhead, StoppedProcess, type StoppedJob } from '../support/stopped_process.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';
import { FORCED, patchesOf, POINTS, type Point } from './crash/points.js';
import { Scenario, SCENARIOS, type ScenarioName } from './crash/scenarios.js';

const ALONE = 'the process ends';
/** What happens when the point is reached. In the last one the process goes on, with a server that has been away. */
const PAIRED = [
  'the server is killed, and the process ends',
  'the server is frozen, the process ends, the server thaws',
  'the server is killed and comes back, and the process goes on',
] as const;
/** A round takes 1 to 3 s, ten times that on a busy machine. */
const LONGEST_ROUND_MILLISECONDS = 120_000;

type Fault = typeof ALONE | (typeof PAIRED)[number];

const patches = [...patchesOf(POINTS), ...FORCED];

class Walk {
  readonly #sandbox: TapeSandbox;
  readonly #relay: HaltingRelay;
  readonly #directory: string;
  readonly #ahead: StoppedAhead;

  constructor(sandbox: TapeSandbox, relay: HaltingRelay, directory: string, preloaded: string | undefined) {
    this.#sandbox = sandbox;
    this.#relay = relay;
    this.#directory = directory;
    this.#ahead = new StoppedAhead(() => new StoppedProcess(patches, preloaded));
  }

  async scenario(name: ScenarioName): Promise<Scenario> {
    const url = `root://${this.#relay.host}/${this.#sandbox.basePath}`;
    return await Scenario.make(name, this.#sandbox, url, this.#directory);
  }

  async round(scenario: Scenario, point: Point, fault: Fault): Promise<void> {
    const process = this.#ahead.take();
    let step = 'preparing';
    const walk = async () => {
      const job: StoppedJob = {
        ...(await scenario.prepare()),
        reached: `${this.#directory}/reached`,
        go: `${this.#directory}/go`,
        ...(point.text !== undefined && { point: point.name }),
        ...(point.call !== undefined && { call: point.call[0], callPath: point.call[1] }),
      };
      if (point.call?.[1] === '') job.callPath = `/${job.job === 'put' ? 'a' : 'b'}$`;
      if (point.wire !== undefined) this.#relay.haltAt(point.wire);
      step = 'reaching the point';
      process.go(job);
      const reached =
        point.wire === undefined
          ? await process.reached(job)
          : await process.until(() => this.#relay.reached);
      assert.ok(reached, `the process ended, and never was there: ${process.output}`);
      step = 'ending';
      await this.#fail(process, job, fault);
      step = 'looking at what is there';
      await scenario.checkWhole();
      step = 'going on';
      await scenario.goOn();
    };
    const ended = new AbortController();
    const tooLong = async () => {
      await sleep(LONGEST_ROUND_MILLISECONDS, undefined, { signal: ended.signal });
      throw new Error(`${step} takes longer than any fault may: ${process.output}`);
    };
    try {
      await Promise.race([walk(), tooLong()]);
    } finally {
      ended.abort();
      this.#relay.release();
      await process.kill();
    }
  }

  async #fail(process: StoppedProcess, job: StoppedJob, fault: Fault): Promise<void> {
    const sandbox = this.#sandbox;
    switch (fault) {
      case ALONE:
        await process.kill();
        break;
      case 'the server is killed, and the process ends':
        await sandbox.kill();
        await process.kill();
        await sandbox.restart();
        break;
      case 'the server is frozen, the process ends, the server thaws':
        sandbox.pause();
        await process.kill();
        sandbox.resume();
        break;
      case 'the server is killed and comes back, and the process goes on':
        await sandbox.kill();
        await sandbox.restart();
        this.#relay.release();
        process.goOn(job);
        await process.ended();
    }
    this.#relay.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ahead[Symbol.asyncDispose]();
  }
}

describe('crash points', () => {
  it('are where the compiled files have their texts', () => {
    const files = new Set(patches.map(({ file }) => file));
    for (const file of files)
      patched(
        fileOf({ file }),
        patches.filter((patch) => patch.file === file),
      );
    assert.equal(new Set(POINTS.map(({ scenario, name }) => `${scenario} ${name}`)).size, POINTS.length);
  });

  const wanted = process.env['CRASH_AT'];
  const few = SCENARIOS.slice(0, scaled('scenarios', 1, SCENARIOS.length));
  const scenarios = wanted === undefined ? few : SCENARIOS;
  const points = POINTS.filter(({ scenario }) => scenarios.includes(scenario));
  const each = wanted === undefined ? scaled('th of the points', 5, 1) : 1;

  /** @param faultOf which fault goes with a point; undefined: none */
  async function walkThrough(faultOf: (index: number) => Fault | undefined): Promise<void> {
    const failures: string[] = [];
    let done = 0;
    await withTemp(async (directory) => {
      const preloaded = shim(directory);
      await using sandbox = await TapeSandbox.start({ migrationDelay: 'never' });
      const relay = await HaltingRelay.start(sandbox.host);
      try {
        await using walk = new Walk(sandbox, relay, directory, preloaded);
        for (const name of scenarios) {
          const scenario = await walk.scenario(name);
          for (const [index, point] of points.entries()) {
            const fault = faultOf(index);
            if (fault === undefined || point.scenario !== name) continue;
            if (point.call !== undefined && preloaded === undefined) continue;
            const where = `${name}, ${point.name}, ${fault}`;
            if (wanted !== undefined && !where.includes(wanted)) continue;
            done += 1;
            const began = performance.now();
            await walk
              .round(scenario, point, fault)
              .catch((error: unknown) => failures.push(`CRASH_AT='${where}': ${(error as Error).stack}`));
            if (process.env['CRASH_FIGURES'] !== undefined)
              process.stdout.write(`${Math.round(performance.now() - began)} ms: ${where}\n`);
          }
        }
      } finally {
        relay.stop();
      }
    });
    assert.equal(failures.length, 0, failures.join('\n\n'));
    assert.ok(done > 0, 'there is no such point');
  }

  it('at each of them the process ends', async function () {
    this.timeout(1_500_000);
    await walkThrough((index) => (index % each === 0 ? ALONE : undefined));
  });

  if (each === 1)
    it('at each of them the server fails too', async function () {
      this.timeout(1_500_000);
      // By hand all of one kind. Else the points take turns; the last kind takes much longer, since clients wait before they connect again.
      const only = process.env['CRASH_FAULT'];
      await walkThrough(
        (index) => PAIRED[only === undefined ? (index % 11 === 0 ? 2 : index % 2) : Number(only)],
      );
    });
});
