/** The end of a rebuild: makes the rows agree with each other, and with what is on this machine. */
import type { Catalogue } from '../../catalogue/catalogue.js';
import { latestOf } from '../../catalogue/row.js';
import type { ArchiveConfig } from '../../config/index.js';
import { recordLook } from '../run/uploads.js';

/** Changes that are noted before their commit is waited for: beyond 200,000 a catalogue gives some up. */
const AT_ONCE = 1000;

/**
 * - What was taken out stays out, though an older segment had it.
 * - A record whose local file isn't here has left the cache: so passes ask the server about it, until it is on tape.
 *
 * @returns how many rows have only the server's word
 */
export async function settle(
  catalogue: Catalogue,
  config: Pick<ArchiveConfig, 'cacheDirectory'>,
  now: () => number,
): Promise<number> {
  let noted = 0;
  for await (const forgotten of catalogue.forgotten()) {
    catalogue.note({ kind: 'imported_forgotten', forgotten });
    noted += 1;
    if (noted % AT_ONCE === 0) await catalogue.flush();
  }
  await catalogue.flush();
  const look = recordLook(config);
  let serverOnly = 0;
  for await (const page of catalogue.pages()) {
    for (const row of page) {
      if (row.source === 'server') serverOnly += 1;
      // Not before what was noted by a clock that was ahead: that would count as a comparison with a local file since then.
      if (row.removing === null && look(row.path) === null)
        catalogue.note({ kind: 'imported', row: { ...row, removing: Math.max(now(), latestOf(row)) } });
    }
    await catalogue.flush();
  }
  return serverOnly;
}
