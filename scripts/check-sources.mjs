/**
 * Fails when a file of native/ is in no target of native/sources.json, or a listed one isn't there; when a room of native/ includes
 * what it may not; and when a file has more than 300 lines, as house.mjs holds it for lib/.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { root, targets } = createRequire(import.meta.url)('./build-info.cjs');

const listed = new Set(Object.values(targets).flatMap((target) => target.sources));
const files = readdirSync(join(root, 'native'), { recursive: true }).filter((name) => /\.(cc|h)$/.test(name));
const found = files.filter((name) => name.endsWith('.cc')).map((name) => `native/${name}`);

/** What each room of native/ may include of the others; addon.cc puts all together. */
const below = {
  '.': ['js', 'threads', 'posix', 'xrdcl'],
  xrdcl: ['posix', 'js', 'threads'],
  posix: ['js', 'threads'],
  js: ['threads'],
  threads: [],
  sandbox: [],
};

function* forbiddenIncludes() {
  for (const file of files) {
    const room = dirname(file);
    const text = readFileSync(join(root, 'native', file), 'utf8');
    for (const [, other] of text.matchAll(/^#include "(\w+)\//gm))
      if (other in below && other !== room && !below[room].includes(other))
        yield `native/${file} may not include anything of native/${other}`;
  }
}

const mostLines = 300;

function* tooLong() {
  for (const file of files) {
    const lines = readFileSync(join(root, 'native', file), 'utf8')
      .trimEnd()
      .split('\n').length;
    if (lines > mostLines) yield `native/${file} has ${lines} lines, more than ${mostLines}`;
  }
}

const problems = [
  ...found
    .filter((file) => !listed.has(file))
    .map((file) => `${file} is in no target of native/sources.json`),
  ...[...listed]
    .filter((file) => !existsSync(join(root, file)))
    .map((file) => `${file} is listed, but not there`),
  ...forbiddenIncludes(),
  ...tooLong(),
];
for (const problem of problems) console.error(`check-sources: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
