/** Damages a file as a bad disk does: other bytes, and nothing else tells it. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Flips one bit, and gives the file its times back, in nanoseconds, which Node.js can't. */
export function flipBit(file: string, offset = 0): void {
  const times = join(tmpdir(), `times-${randomUUID()}`);
  writeFileSync(times, '');
  try {
    execFileSync('touch', ['-r', file, times]);
    const fd = openSync(file, 'r+');
    try {
      const byte = Buffer.alloc(1);
      readSync(fd, byte, 0, 1, offset);
      writeSync(fd, Buffer.of((byte[0] ?? 0) ^ 4), 0, 1, offset);
    } finally {
      closeSync(fd);
    }
    execFileSync('touch', ['-r', times, file]);
  } finally {
    unlinkSync(times);
  }
}
