/**
 * Says that it is ready, waits for a line, and runs so many passes (0: for ever) with the options (JSON); `.` for each record removed, a new
 * line after each pass. To be killed.
 */
import { once } from 'node:events';
import { Archive, type ArchiveOptions } from '../../../lib/index.js';

const [options = '{}', passes = '0'] = process.argv.slice(2);
const archive = new Archive({ logLevel: 'error', ...(JSON.parse(options) as ArchiveOptions) });
archive.on('file:removed', () => process.stdout.write('.'));
process.stdout.write('ready\n');
await once(process.stdin, 'data');
for (let pass = 1; Number(passes) === 0 || pass <= Number(passes); pass += 1) {
  // The server may be dead.
  await archive.backup().catch((error: unknown) => process.stdout.write(`${String(error)}\n`));
  process.stdout.write('\n');
}
process.stdin.destroy();
