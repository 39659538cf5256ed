/** Contestants that copy records to the server and remove them here: each time their cache is filled anew. */
import { readFileSync } from 'node:fs';
import { Archive } from '../../lib/index.js';
import type { Bench } from './bench.js';
import type { Contestant } from './contestant.js';
import { uploading, type Copier } from './copying.js';
import type { DataSet } from './data.js';

/** @param filledBy `files`: as any program writes them; `put`: by our own put() */
export function removing(
  bench: Bench,
  data: DataSet,
  name: string,
  copier: Copier,
  filledBy: 'files' | 'put',
): Contestant {
  const cache = { ...data, directory: bench.path('filled') };
  const { prepare, check, ...contestant } = uploading(bench, cache, name, copier);
  return {
    ...contestant,
    prepare: async () => {
      await bench.empty(cache.directory);
      if (filledBy === 'files') await bench.copyOf(data, cache.directory);
      else await putAll(bench, data, cache.directory);
      await prepare?.();
    },
    check: async () => {
      await check?.();
      await bench.remove(cache.directory);
    },
  };
}

async function putAll(bench: Bench, data: DataSet, to: string): Promise<void> {
  const archive = new Archive({
    cacheDirectory: to,
    targetUrl: `${bench.server.url}//target`,
    catalogue: false,
  });
  for (const path of readFileSync(data.list, 'utf8').trimEnd().split('\n'))
    await archive.put(path, readFileSync(`${data.directory}/${path}`));
}
