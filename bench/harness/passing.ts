/** Contestants that look at records which are all on the server already, and have nothing to do. */
import type { Bench } from './bench.js';
import type { Contestant } from './contestant.js';
import { amountOf, removeOwnFiles, type Copier } from './copying.js';
import type { DataSet } from './data.js';

export interface PassOptions {
  /** Default: the server itself, with no delay. */
  server?: string;
  /** It has done so before, and what it remembers of that stays. Default: it hasn't. */
  remembers?: boolean;
}

/** Its rate is that of the work itself: what starting a process takes says nothing of a pass. */
export async function passing(
  bench: Bench,
  data: DataSet,
  name: string,
  copier: Copier,
  { server = bench.server.url, remembers = false }: PassOptions = {},
): Promise<Contestant> {
  const command = copier({ from: data.directory, to: await bench.onServer(data), server, data });
  let before = false;
  return {
    name,
    amount: amountOf(data, 'files'),
    basis: 'innerSeconds',
    prepare: async () => {
      if (!remembers) removeOwnFiles(data.directory);
      else if (!before) await bench.measure(command);
      before = true;
    },
    run: () => bench.measure(command),
  };
}
