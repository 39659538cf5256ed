/** Contestants that look at records which are all on the server already, and have nothing to do. */
import type { Bench } from './bench.js';
import type { Contestant } from './contestant.js';
import { amountOf, removeOwnFiles, type Copier } from './copying.js';
import type { DataSet } from './data.js';

export interface PassOptions {
  /** Default: the server itself, with no delay. */
  server?: string;
}

/** Its rate is that of the work itself: what starting a process takes says nothing of a pass. */
export async function passing(
  bench: Bench,
  data: DataSet,
  name: string,
  copier: Copier,
  { server = bench.server.url }: PassOptions = {},
): Promise<Contestant> {
  const command = copier({ from: data.directory, to: await bench.onServer(data), server, data });
  return {
    name,
    amount: amountOf(data, 'files'),
    basis: 'innerSeconds',
    prepare: () => {
      removeOwnFiles(data.directory);
      return Promise.resolve();
    },
    run: () => bench.measure(command),
  };
}
