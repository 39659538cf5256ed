/** Freezing a process, for real: a signal that was sent isn't obeyed yet. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Milliseconds. */
const patience = 5000;

/** Stops a process, and waits until all its threads stand still: one that runs on another processor may go on for a bit. */
export function freeze(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  const deadline = performance.now() + patience;
  while (!standsStill(pid) && performance.now() < deadline);
}

function standsStill(pid: number): boolean {
  const tasks = `/proc/${String(pid)}/task`;
  // Without /proc it can't be seen.
  if (!existsSync(tasks)) return true;
  return readdirSync(tasks).every((task) => / [tT] /.test(statOf(`${tasks}/${task}/stat`)));
}

/** A thread that ends meanwhile doesn't run. */
function statOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ' T ';
  }
}
