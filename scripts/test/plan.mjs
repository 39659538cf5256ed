/** Which test files share a process, which run side by side, and which run alone. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** They run last, one by one. */
const alone = [
  // A file must get the number of the one that was removed just before.
  'integration/taken_back',
  // On a busy machine libXrdCl sometimes calls a connection that breaks an internal error (errInternal).
  'native/34.made_file',
  // They measure how long the event loop and node:fs make somebody wait.
  ...['integration/event_loop', 'native/80.threads'],
];

/** The longest; they begin first, so that no processor is idle at the end. */
const first = [
  ...['integration/restore', 'integration/shards', 'integration/few_descriptors', 'native/70.lifetime'],
  'servers/cluster',
  ...['integration/service', 'integration/cli_restore', 'integration/cli_exit_codes', 'integration/backup'],
];

/**
 * @typedef {{ name: string, files: string[] }} Batch what one mocha process runs
 * @param {string} directory of compiled tests
 * @param {string[]} wanted parts of file names; none means all
 * @returns {{ together: Batch[], alone: Batch[] }}
 */
export function plan(directory, wanted = []) {
  const names = readdirSync(directory, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => name.slice(0, -'.test.js'.length))
    .filter((name) => wanted.length === 0 || wanted.some((part) => `${name}.test`.includes(part)))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  const file = (name) => join(directory, `${name}.test.js`);
  const single = (name) => ({ name, files: [file(name)] });
  // Unit tests take milliseconds: a process for each would cost more than they do.
  const units = names.filter((name) => name.startsWith('unit/'));
  const others = names.filter((name) => !name.startsWith('unit/'));
  return {
    together: [
      ...(units.length > 0 ? [{ name: 'unit', files: units.map(file) }] : []),
      ...others.filter((name) => !alone.includes(name)).map(single),
    ],
    alone: others.filter((name) => alone.includes(name)).map(single),
  };
}

function rank(name) {
  const place = first.indexOf(name);
  return place === -1 ? first.length : place;
}
