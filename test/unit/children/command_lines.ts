/** Runs command lines, one after the other: arrays of JSON on descriptor 3. Tells of each its exit code and all that it wrote. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { main } from '../../../lib/cli/command_line.js';

const told = process.stdout.write.bind(process.stdout);
let out = '';
for (const stream of [process.stdout, process.stderr])
  stream.write = (piece: string | Uint8Array, ...rest: unknown[]) => {
    out += Buffer.from(piece).toString();
    const done = rest.at(-1);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };

for await (const line of createInterface({ input: createReadStream('', { fd: 3 }) })) {
  out = '';
  const code = await main(JSON.parse(line) as string[]).catch((error: unknown) => `thrown: ${String(error)}`);
  told(`${JSON.stringify({ code, out })}\n`);
}
process.exit();
