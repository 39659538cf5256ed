/** Which test files run together, which side by side, and which with nothing beside them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** They measure how long the event loop, threads or the system make something wait: they run last, one by one. */
const alone = ['integration/event_loop', 'native/80.threads'];

/** The longest; they begin first, so that no processor is idle at the end. */
const first = ['faults/service_stop', 'native/70.lifetime', 'native/31.copy', 'integration/sandbox'];

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
      ...others.filter((name) => !alone.includes(name)).map(single),
      ...(units.length > 0 ? [{ name: 'unit', files: units.map(file) }] : []),
    ],
    alone: others.filter((name) => alone.includes(name)).map(single),
  };
}

function rank(name) {
  const place = first.indexOf(name);
  return place === -1 ? first.length : place;
}
