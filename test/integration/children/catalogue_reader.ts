/** Holds a snapshot of the catalogue of a cache until it is killed; says `open` when it has it. */
import { writeSync } from 'node:fs';
import { catalogueConfig, mustOpen } from '../../support/catalogue.js';

await mustOpen(catalogueConfig(process.argv[2] ?? ''), { mode: 'read', snapshot: true, unchecked: true });
writeSync(1, 'open\n');
setInterval(() => undefined, 1000);
