/** Contestants take turns: in every round each runs once, and another one begins. */
import type { Contestant } from './contestant.js';
import type { Measures } from './measured_process.js';
import { busySeconds } from './processors.js';
import type { ContestantResult } from './result.js';
import { summarize, type Summary } from './summary.js';

export interface TurnOptions {
  rounds: number;
  /** Called before each run, unmeasured: a new server, a disk at rest. */
  settle: () => Promise<void>;
  /** Processor seconds of the server so far. */
  serverCpu: () => number;
  /** What is going on, for people. */
  say: (line: string) => void;
}

/** @throws the first error of a contestant: a scenario in which one didn't do its work has no result */
export async function takeTurns(
  contestants: readonly Contestant[],
  options: TurnOptions,
): Promise<ContestantResult[]> {
  const measured = new Map(contestants.map((each): [Contestant, Measures[]] => [each, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const contestant = contestants[(round + turn) % contestants.length]!;
      const measures = await takeTurn(contestant, options);
      measured.get(contestant)!.push(measures);
      const seconds = measures[contestant.basis ?? 'wallSeconds']!;
      options.say(`round ${round + 1} of ${options.rounds}: ${contestant.name}: ${seconds.toFixed(3)} s`);
    }
  }
  return [...measured].map(([contestant, rounds]) => resultOf(contestant, rounds));
}

/** One run with all that belongs to it. */
export async function takeTurn(
  contestant: Contestant,
  { settle, serverCpu }: Pick<TurnOptions, 'settle' | 'serverCpu'>,
): Promise<Measures> {
  try {
    await contestant.prepare?.();
    await settle();
    const [server, busy] = [serverCpu(), busySeconds()];
    const measures = await contestant.run();
    measures['serverCpuSeconds'] = serverCpu() - server;
    const known = (measures['cpuSeconds'] ?? 0) + measures['serverCpuSeconds'];
    measures['otherCpuSeconds'] = Math.max(0, busySeconds() - busy - known);
    await contestant.check?.();
    return measures;
  } catch (error) {
    throw new Error(`${contestant.name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function resultOf(contestant: Contestant, rounds: readonly Measures[]): ContestantResult {
  const { name, amount, basis = 'wallSeconds' } = contestant;
  const names = Object.keys(rounds[0] ?? {});
  const measures: Record<string, Summary> = {};
  for (const each of names) measures[each] = summarize(rounds.map((measured) => measured[each]!));
  return {
    name,
    amount,
    basis,
    rate: summarize(rounds.map((each) => amount.count / each[basis]!)),
    measures,
  };
}
