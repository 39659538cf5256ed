/**
 * Writes rows into a catalogue and prints each path once its row is durable. Ends by itself, or as its second argument says:
 * `exit`: process.exit() while changes are under way; `one`: the same, but each is written after the one before it; `end`: with notes that nobody waits for, and without close().
 */
import { writeSync } from 'node:fs';
import { openCatalogue } from '../../../lib/catalogue/open_catalogue.js';
import { Catalogue } from '../../../lib/catalogue/catalogue.js';
import { catalogueConfig, factsOf } from '../../support/catalogue.js';

const [cache = '', how = '', prefix = ''] = process.argv.slice(2);
const catalogue = await openCatalogue(catalogueConfig(cache), { mode: 'write' });
if (!(catalogue instanceof Catalogue)) throw new Error('there is no catalogue');
const say = (text: string) => writeSync(1, `${text}\n`);
say('open');

if (how === 'end') {
  for (let i = 0; i < 100; i++)
    catalogue.note({ kind: 'compared', facts: factsOf(`${prefix}${i}`), at: 1, copied: true, onTape: null });
} else {
  let next = 0;
  const one = async (): Promise<void> => {
    for (;;) {
      const path = `${prefix}${next++}`;
      catalogue.note({ kind: 'compared', facts: factsOf(path), at: 1, copied: true, onTape: null });
      const size = path.length;
      await catalogue.durable({
        ...{ kind: 'removing', facts: factsOf(path, { size }), at: 2 },
        ...{ rule: 'cached', onTape: null },
      });
      say(path);
      if (['exit', 'one'].includes(how) && next > 200) process.exit(7);
    }
  };
  await Promise.all(Array.from({ length: how === 'one' ? 1 : 16 }, one));
}
