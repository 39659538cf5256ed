/** What else the processors do: on a machine that isn't ours alone, numbers mean little without it. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const clockTicks = 100;
/** Of the processors' time. */
const calmShare = 0.1;
const lookMilliseconds = 3000;

/** Seconds of all processors since the machine started. */
function processorTime(): { busy: number; all: number } {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/);
  // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in user already.
  const ticks = fields.slice(0, 8).map(Number);
  const all = ticks.reduce((sum, each) => sum + each, 0);
  return { busy: (all - ticks[3]! - ticks[4]!) / clockTicks, all: all / clockTicks };
}

/** Seconds that all processors have worked since the machine started. */
export function busySeconds(): number {
  return processorTime().busy;
}

/**
 * Waits until the processors are all but idle.
 * @param most seconds; then it resolves although they aren't
 */
export async function untilCalm(most: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + most * 1000;
  while (performance.now() < end) {
    const before = processorTime();
    await sleep(lookMilliseconds, undefined, { signal });
    const after = processorTime();
    if (after.busy - before.busy < calmShare * (after.all - before.all)) return;
  }
}
