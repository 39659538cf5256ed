/** What can go wrong around a world's jobs: the line to its server, the server itself, its disks, and how a fault is put around a job. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { FailingDisk } from '../../support/failing_disk.js';
import { RoughLine } from '../../support/rough_line.js';
import { step, type AnyStep } from './step.js';
import { STEPS } from './steps/index.js';
import type { Truth } from './truth.js';
import { violated } from './violation.js';
import type { World } from './world.js';

export interface Trouble {
  /** All jobs go over it. */
  line: RoughLine;
  /** Of caches, catalogues and restores. Undefined where nothing can be mounted. */
  ours?: FailingDisk | undefined;
  /** Of the server: its files and its tape. */
  servers?: FailingDisk | undefined;
}

/** Seconds. No job lasts longer, whatever happens; they take less than one without a fault. */
const LONGEST = 50;
/** What a job may wait for, in seconds; `npm run torture` and the tests also make libXrdCl less patient. */
const IMPATIENT = {
  ...{ requestTimeoutSeconds: 3, checksumTimeoutSeconds: 5, copyTimeoutSeconds: 10 },
  retryAttempts: 2,
};

const troubles = new WeakMap<World, Trouble>();

export function troubleOf(world: World): Trouble {
  const trouble = troubles.get(world);
  if (trouble === undefined) throw new Error('this world was not prepared for faults');
  return trouble;
}

/** Before the first step: all that faults need is put in place, and does nothing yet. */
export async function prepareTrouble(world: World, servers?: FailingDisk): Promise<void> {
  const line = await RoughLine.start(`root://${world.sandbox.host}`);
  world.undo.push(() => {
    line[Symbol.dispose]();
  });
  const ours = FailingDisk.under(world.directory);
  if (ours !== undefined) world.undo.push(() => ours[Symbol.dispose]());
  if (ours !== undefined)
    for (const each of [...world.caches, ...world.restores, world.online]) mkdirSync(each);
  world.overrides = { ...IMPATIENT, targetUrl: `${line.url}/${world.sandbox.basePath}` };
  troubles.set(world, { line, ours, servers });
}

/** Jobs that a fault can meet, as often as their weights say. */
const JOBS = ['put', 'backup', 'restore', 'retention', 'drill', 'verify', 'rebuild'];

export interface JobCall {
  name: string;
  args: unknown;
}

export function callsOf(names: readonly string[]): fc.Arbitrary<JobCall> {
  const jobs = STEPS.filter(({ name }) => names.includes(name));
  return fc.oneof(
    ...jobs.map(({ name, weight, args }) => ({
      // A put takes a millisecond of a fault that is there for a job.
      weight: name === 'put' ? 3 : weight,
      arbitrary: args.map((args: unknown): JobCall => ({ name, args })),
    })),
  );
}

/** Does it within the time that a job may take. */
export async function runCall(world: World, truth: Truth, { name, args }: JobCall): Promise<void> {
  const definition = STEPS.find((step) => step.name === name);
  if (definition?.ready?.(truth, args as never) === false) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, LONGEST * 1000, 'late')));
  try {
    const run = Promise.resolve(definition?.run(world, truth, args as never));
    if ((await Promise.race([run, late])) === 'late')
      violated(`${name} hasn't ended after ${LONGEST} s: ${await whatHangs(world)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Events of the job, and the stacks of all threads if gdb is here. */
async function whatHangs({ events }: World): Promise<string> {
  const last = events.slice(-20).map((event) => JSON.stringify(event));
  const gdb = ['-p', String(process.pid), '-batch', '-ex', 'thread apply all bt 12'];
  const { stdout } = await promisify(execFile)('gdb', gdb, { maxBuffer: 2 ** 26 }).catch(() => ({
    stdout: '',
  }));
  return [...last, process.getActiveResourcesInfo().join(' '), stdout].join('\n');
}

export interface FaultStep<F> {
  name: string;
  weight: number;
  fault: fc.Arbitrary<F>;
  /** Default: all. */
  jobs?: readonly string[];
  /** False: the job must do all the same what it does without. Default true: it may fail, and must say so. */
  excused?: boolean;
  /** The job as it is meant to run under the fault. */
  change?: (call: JobCall) => JobCall;
  /** Begins the fault, and returns what ends it; undefined: it can't be had here. */
  begin: (world: World, fault: F) => Promise<Mend | undefined> | Mend | undefined;
}

export type Mend = () => Promise<void> | void;

/** A job with a fault around it, which ends with the job, before anything is checked. */
export function underFault<F>({
  name,
  weight,
  fault,
  jobs = JOBS,
  excused = true,
  change,
  begin,
}: FaultStep<F>): AnyStep {
  return step({
    ...{ name, weight, args: fc.record({ fault, call: callsOf(jobs) }) },
    async run(world, truth, { fault, call }) {
      const mend = await begin(world, fault);
      if (mend === undefined) return;
      let mended = false;
      truth.trouble = excused;
      truth.afterJob = async () => {
        if (mended) return;
        mended = true;
        await mend();
      };
      try {
        await runCall(world, truth, change?.(call) ?? call);
      } finally {
        await truth.afterJob();
        truth.afterJob = undefined;
        truth.trouble = false;
      }
    },
  });
}

/** Which byte of a direction something happens at: of logins, of requests without data, of data. */
export const byte: fc.Arbitrary<number> = fc.oneof(fc.nat(400), fc.nat(5000), fc.nat(100_000));
