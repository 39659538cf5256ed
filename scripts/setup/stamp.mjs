import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './step.mjs';

/** All files under a folder (or the file itself) of the project, sorted; absolute paths. */
export function filesUnder(path) {
  const absolute = join(root, path);
  if (!existsSync(absolute)) return [];
  if (!statSync(absolute).isDirectory()) return [absolute];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** One hash over names and contents of files, and over whatever else the result depends on. */
export function fingerprint(files, ...more) {
  const hash = createHash('sha256');
  for (const file of files) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.update(JSON.stringify(more)).digest('hex');
}

export function isStamped(stamp, print) {
  const path = join(root, stamp);
  return existsSync(path) && readFileSync(path, 'utf8') === print;
}

export function setStamp(stamp, print) {
  writeFileSync(join(root, stamp), print);
}
