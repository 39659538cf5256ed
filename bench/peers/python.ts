/** Today's users: XRootD's Python bindings, one thing after the other. */
import type { Copier } from '../harness/copying.js';
import { benchSource } from '../harness/places.js';

/** @param expect what it must have copied and found */
export function pythonBackup(program: string, expect: { copied: number; present: number }): Copier {
  return ({ from, to, server }) => ({
    file: program,
    args: [benchSource('peers', 'today.py'), from, server, to],
    expect,
  });
}
