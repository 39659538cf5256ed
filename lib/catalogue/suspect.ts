/** A mark beside a catalogue in which damage was met while it was in use: whoever opens it next for writing checks all of it. */
import * as fs from 'node:fs';

export function suspectFile(file: string): string {
  return `${file}.suspect`;
}

/** As far as it can: who may only read can't leave a mark, and a disk that is full or broken takes none. */
export function markSuspect(file: string, reason: string): void {
  try {
    const { O_CREAT, O_WRONLY, O_NOFOLLOW } = fs.constants;
    const fd = fs.openSync(suspectFile(file), O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
    try {
      fs.writeSync(fd, `${reason}\n`);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // The damage itself is told.
  }
}

export function isSuspect(file: string): boolean {
  return fs.lstatSync(suspectFile(file), { throwIfNoEntry: false }) !== undefined;
}

export function clearSuspect(file: string): void {
  fs.rmSync(suspectFile(file), { force: true });
}
