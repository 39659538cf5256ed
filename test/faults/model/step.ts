/** What a step is, and the command that fast-check makes of it. */
import fc from 'fast-check';
import { checkOwed } from './invariant.js';
import type { Truth } from './truth.js';
import { Violation } from './violation.js';
import type { World } from './world.js';

export interface Step<A> {
  /** Of `--only`, of messages and of the counts. */
  name: string;
  /** How often it is drawn, beside the others' weights. A pass costs a hundred cheap steps. */
  weight: number;
  args: fc.Arbitrary<A>;
  /** Is there anything to do it with? It isn't done otherwise, and doesn't count. Default: always. */
  ready?(truth: Truth, args: NoInfer<A>): boolean;
  /** Does it, and tells the truth about it. Throws a Violation; any other error is one too. */
  run(world: World, truth: Truth, args: NoInfer<A>): Promise<void> | void;
}

/** A step whose arguments nobody else needs to know. */
export type AnyStep = Step<never>;

export function step<A>(definition: Step<A>): AnyStep {
  return definition as unknown as AnyStep;
}

export class StepCommand implements fc.AsyncCommand<Truth, World> {
  constructor(
    readonly definition: AnyStep,
    readonly args: unknown,
  ) {}

  check(truth: Readonly<Truth>): boolean {
    return this.definition.ready?.(truth, this.args as never) ?? true;
  }

  async run(truth: Truth, world: World): Promise<void> {
    truth.steps += 1;
    const { name } = this.definition;
    truth.log.push(this.toString());
    truth.onStep?.(this.toString());
    const began = performance.now();
    await inTime(this.toString(), this.definition.run(world, truth, this.args as never));
    // What a job has asked tape for isn't the next step's doing.
    if (!truth.trouble) await inTime(`evictions after ${name}`, world.sandbox.evictionsEnd());
    checkOwed(world, truth);
    const { count = 0, ms = 0 } = truth.done.get(name) ?? {};
    truth.done.set(name, { count: count + 1, ms: ms + performance.now() - began });
  }

  toString(): string {
    return `${this.definition.name} ${JSON.stringify(this.args)}`;
  }
}

/** No step takes that long, on the busiest machine; a job that never ends is a fault too. Milliseconds. */
const LONGEST = 300_000;

async function inTime(what: string, done: Promise<void> | void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Violation(`${what} has not ended after ${LONGEST} ms`)), LONGEST);
  });
  try {
    await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Commands of these steps, each as often as its weight says. */
export function commandsOf(
  steps: readonly AnyStep[],
  options: { maxCommands: number; replayPath?: string },
): fc.Arbitrary<Iterable<StepCommand>> {
  const one = fc.oneof(
    ...steps.map((definition) => ({
      weight: definition.weight,
      arbitrary: definition.args.map((args: unknown) => new StepCommand(definition, args)),
    })),
  );
  return fc.commands<Truth, World>([one] as never, { ...options, size: 'max' }) as never;
}
