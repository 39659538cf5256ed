/** Processes of one session, which a program that was started with a session of its own leaves behind: its children, and theirs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds. */
const patience = 5000;

/**
 * SIGKILL for all that are left of a session whose leader has ended. Resolves when they are gone, so that none holds a socket of the
 * leader's any more: one that was forked, and hasn't become its own program yet, holds all. Where there is no /proc nothing is done.
 * @throws Error if one outlives it by 5 s
 */
export async function endSession(session: number): Promise<void> {
  const deadline = performance.now() + patience;
  for (let left = membersOf(session); left.length > 0; left = membersOf(session)) {
    if (performance.now() > deadline)
      throw new Error(`processes of the server outlive it: ${left.join(', ')}`);
    for (const pid of left) killIfThere(pid);
    await delay(2);
  }
}

function membersOf(session: number): number[] {
  if (!existsSync('/proc/self/stat')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      // proc_pid_stat(5), behind the name: state, parent, process group, session. A zombie holds nothing.
      const [state = '', , , its] = statOf(pid).split(' ');
      return Number(its) === session && !/[ZX]/.test(state);
    })
    .map(Number);
}

function statOf(pid: string): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2);
  } catch (error) {
    // It has ended, or is another user's, which may be hidden from us.
    if (isGone(error) || /^E(ACCES|PERM)$/.test((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}
