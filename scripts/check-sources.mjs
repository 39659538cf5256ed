/** Fails when a file of native/ is in no target of native/sources.json, or a listed one isn't there. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { root, targets } = createRequire(import.meta.url)('./build-info.cjs');

const listed = new Set(Object.values(targets).flatMap((target) => target.sources));
const found = readdirSync(join(root, 'native'), { recursive: true })
  .filter((name) => name.endsWith('.cc'))
  .map((name) => `native/${name}`);

const problems = [
  ...found
    .filter((file) => !listed.has(file))
    .map((file) => `${file} is in no target of native/sources.json`),
  ...[...listed]
    .filter((file) => !existsSync(join(root, file)))
    .map((file) => `${file} is listed, but not there`),
];
for (const problem of problems) console.error(`check-sources: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
