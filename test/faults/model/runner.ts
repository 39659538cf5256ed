/** Runs the model with one seed; what it violates is made small, and told with the line that repeats it. */
import fc from 'fast-check';
import { commandsOf, type AnyStep } from './step.js';
import { STEPS } from './steps/index.js';
import { Truth, type Done } from './truth.js';
import { World } from './world.js';

/** What repeats a run: of `MODEL_REPLAY` and of `--replay`. */
export interface Replay {
  seed: number;
  /** fast-check's, of the shrunk run. */
  path: string;
  replayPath: string;
  maxCommands: number;
}

export interface SeedOptions {
  seed: number;
  /** A run has half as many steps on average. */
  maxCommands: number;
  /** Names of steps; the others don't take part. */
  only?: readonly string[];
  replay?: Replay;
  /** Milliseconds for making a violation small. Default 120,000. */
  shrinkFor?: number;
  steps?: readonly AnyStep[];
  /** Is told each run, before it is known how it ends. */
  onRun?: (truth: Truth) => void;
}

export interface SeedResult {
  /** That were done in the first run. */
  steps: number;
  done: Done;
  violation?: { message: string; replay: string };
}

export function parseReplay(line: string): Replay {
  const [seed, path, replayPath, maxCommands] = line.split(',');
  if (maxCommands === undefined) throw new Error(`not 'seed,path,replayPath,maxCommands': ${line}`);
  return { seed: Number(seed), path: path!, replayPath: replayPath!, maxCommands: Number(maxCommands) };
}

export async function runSeed(options: SeedOptions): Promise<SeedResult> {
  const { seed, only, replay } = options;
  const maxCommands = replay?.maxCommands ?? options.maxCommands;
  const steps = (options.steps ?? STEPS).filter(({ name }) => only?.includes(name) ?? true);
  const commands = commandsOf(steps, {
    maxCommands,
    ...(replay !== undefined && { replayPath: replay.replayPath }),
  });
  let first: Truth | undefined;
  let last = new Truth();
  let deadline = Infinity;
  const property = fc.asyncProperty(commands, async (commands) => {
    // What is left to try would pass, so that shrinking ends here.
    if (Date.now() > deadline) return;
    const truth = new Truth();
    first ??= truth;
    options.onRun?.(truth);
    await using world = await World.start(truth);
    try {
      await fc.asyncModelRun(() => ({ model: truth, real: world }), commands as never);
    } catch (error) {
      last = truth;
      if (deadline === Infinity) deadline = Date.now() + (options.shrinkFor ?? 120_000);
      throw error;
    }
  });
  const result = await fc.check(property, {
    numRuns: 1,
    seed: replay?.seed ?? seed,
    ...(replay !== undefined && { path: replay.path, endOnFailure: true }),
  });
  const summary = { steps: first?.steps ?? 0, done: first?.done ?? new Map() };
  if (!result.failed) return summary;
  const shrunk = (result.counterexample?.[0] as { toString(): string } | undefined)?.toString() ?? '';
  const [, replayPath = ''] = /replayPath="([^"]*)"/.exec(shrunk) ?? [];
  const line = [result.seed, result.counterexamplePath ?? '', replayPath, maxCommands].join(',');
  const error = result.errorInstance as Error | undefined;
  return {
    ...summary,
    violation: {
      replay: line,
      message: [
        error?.stack ?? 'the model failed',
        'What was done:',
        ...last.log.map((text) => `  ${text}`),
        `Repeat it: MODEL_REPLAY='${line}'`,
      ].join('\n'),
    },
  };
}
