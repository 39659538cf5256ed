/** Pseudo terminals, by util-linux' `script`. */
import { execFileSync } from 'node:child_process';

export function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}
