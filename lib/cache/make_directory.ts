/** Directories made on the way to a file, without following symbolic links (S8). */
import * as fs from 'node:fs/promises';
import { named, type CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';

/**
 * Opens a directory beneath another one, making what is missing.
 * @param durable wait until the new names are on the disk
 * @throws {CacheError} OutsideCache, system errors
 */
export async function openOrMake(
  root: CacheDirectory,
  path: string,
  durable: boolean,
): Promise<CacheDirectory> {
  try {
    return await root.openBeneath(path);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
  let directory = await root.openBeneath('');
  for (const component of path.split('/')) {
    const above = directory;
    try {
      directory = await makeChild(above, component, durable);
    } finally {
      await above.close();
    }
  }
  return directory;
}

async function makeChild(above: CacheDirectory, name: string, durable: boolean): Promise<CacheDirectory> {
  let isNew = true;
  try {
    await named(above, () => fs.mkdir(above.entry(name)));
    if (durable) await above.sync();
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error;
    isNew = false;
  }
  return above.openChild(name, isNew);
}
