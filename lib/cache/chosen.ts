/**
 * Chosen entries of the cache, as walk.ts gives all of them: nothing else is looked at. What isn't there, or can't be reached without a
 * link, is a problem, and never silently left out.
 */
import { isReserved, printableName, RESERVED_PREFIX } from '../rules/names.js';
import { BatchStat } from './batch_stat.js';
import { splitPath, type CacheDirectory } from './directory.js';
import { errnoCode } from './errors.js';
import { captureDirectoryName, captureName } from './own_files.js';
import { descend, walkBatches, type WalkOptions } from './walk.js';
import { classify, problem, unreadable, type WalkEntry, type WalkProblem } from './walk_entry.js';

/**
 * @param paths records or directories relative to the cache, normalized; none lies below another one. Empty: the whole cache
 * @throws AbortError
 */
export async function* chosenBatches(
  root: CacheDirectory,
  paths: readonly string[],
  options: WalkOptions = {},
): AsyncGenerator<WalkEntry[]> {
  const batchStat = new BatchStat();
  for (const path of paths) {
    options.signal?.throwIfAborted();
    if (path === '') yield* walkBatches(root, options);
    else yield* chosen(root, path, batchStat, options);
  }
}

async function* chosen(
  root: CacheDirectory,
  path: string,
  batchStat: BatchStat,
  options: WalkOptions,
): AsyncGenerator<WalkEntry[]> {
  // Of several shards, one tells what is wrong with it.
  const isOurs = options.only?.(path) !== false;
  const refused = refusal(path);
  if (refused !== undefined) {
    if (isOurs) yield [refused];
    return;
  }
  const [above, name] = splitPath(path);
  const opened: CacheDirectory[] = [];
  try {
    let directory = root;
    for (const component of above === '' ? [] : above.split('/')) {
      directory = await directory.openChild(component);
      opened.push(directory);
    }
    const listed = Buffer.from(name).toString('latin1');
    const [result = new Error('no answer')] = await batchStat.stat(directory.access, [listed]);
    if (result instanceof Error) {
      const left = errnoCode(result) === 'ENOENT' ? await captured(directory, name, batchStat, options) : [];
      const [first] = left;
      if (first === undefined || !isOurs) throw result;
      yield [...left, missing(path, `${LEFT} as ${splitPath(first.path)[1]}: ${COMES_BACK}`)];
      return;
    }
    const entries: WalkEntry[] = [];
    const subdirectories: string[] = [];
    classify(directory, listed, result, options, entries, subdirectories);
    if (entries.length > 0) yield entries;
    for (const child of subdirectories) yield* descend(directory, child, batchStat, options);
    if (entries.length + subdirectories.length === 0 && isOurs)
      yield [problem('reserved', printableName(path), 'BadName', "is the archive's own file, and no record")];
  } catch (error) {
    if (errnoCode(error) === undefined || options.signal?.aborted === true) throw error;
    if (isOurs) yield [errnoCode(error) === 'ENOENT' ? missing(path) : unreadable(path, error)];
  } finally {
    for (const directory of opened) await directory.close();
  }
}

/** What nobody need look for. */
function refusal(path: string): WalkProblem | undefined {
  if (path.includes('\0'))
    return problem('bad_name', printableName(path), 'BadName', 'its name contains a NUL');
  if (!path.split('/').some(isReserved)) return undefined;
  const message = `its name has a component that starts with "${RESERVED_PREFIX}", which is reserved`;
  return problem('reserved', printableName(path), 'BadName', message);
}

const LEFT = 'is not in the cache under this name, a crash left it';
const COMES_BACK = 'a pass that is no dry run gives it its name again. Name it once more after that';

/** A crash may have left a record of this name under that of a capture. */
async function captured(
  directory: CacheDirectory,
  name: string,
  batchStat: BatchStat,
  options: WalkOptions,
): Promise<WalkEntry[]> {
  const names = [captureName(name), captureDirectoryName(name)].map((own) =>
    Buffer.from(own).toString('latin1'),
  );
  const entries: WalkEntry[] = [];
  const results = await batchStat.stat(directory.access, names);
  names.forEach((own, index) => {
    const result = results[index];
    if (result !== undefined && !(result instanceof Error))
      classify(directory, own, result, options, entries, []);
  });
  return entries.filter(({ kind }) => kind === 'leftover');
}

function missing(path: string, why = 'is not in the cache'): WalkProblem {
  return problem('missing', printableName(path), 'NotFound', why);
}
