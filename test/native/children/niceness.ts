/** Works with the server that is named, and tells the niceness of every thread that was there before, and of the new ones. */
import { readdirSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CopyProcess, FileSystem } from '../../../lib/xrdcl/index.js';

const [server = '', local = ''] = process.argv.slice(2);
const niceness = 16;

function threads(): Map<string, number> {
  const all = readdirSync('/proc/self/task').map((thread): [string, number] => {
    const text = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return [thread, Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[niceness])];
  });
  return new Map(all);
}

// Node's own for files are started when they are first needed.
await Promise.all(Array.from({ length: 8 }, () => stat(local)));
const before = threads();
await new FileSystem(server).ping();
const copies = new CopyProcess();
copies.add({ source: local, target: `${server}//large` });
copies.add({ source: local, target: `${server}//small`, sizeHint: 0 });
for (const { error } of await copies.run({ parallel: 2 })) if (error !== undefined) throw error;
const after = [...threads()];
const of = (known: boolean) =>
  after.flatMap(([thread, nice]) => (before.has(thread) === known ? [nice] : []));
process.stdout.write(`${JSON.stringify({ before: of(true), after: of(false) })}\n`);
