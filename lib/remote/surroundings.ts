/** The directories above a target's base, and marks below it: they show whether two targets are the same storage (S13). */
import type { Target } from '../config/target.js';
import { remotePath } from '../rules/names.js';
import { serverOf, urlOf, XRootDError, type FileSystem, type RequestOptions } from '../xrdcl/index.js';
import { remoteStatOf } from './remote_stat.js';
import type { MarkOptions, Surrounding } from './store.js';

/** As RemoteStore.surroundings(). */
export async function surroundingsOf(
  fileSystem: FileSystem,
  { base, endpoint }: Target,
  entry: string,
  options: RequestOptions,
): Promise<Surrounding[]> {
  const directories = upwards(base);
  const paths = [...directories, ...directories.map((directory) => remotePath(directory, entry))];
  const answers = await fileSystem.statMany(paths, options);
  return directories.flatMap((directory, index) => {
    const [stat, found] = [answers[index], answers[index + directories.length]];
    // It doesn't exist yet, or we may not see it.
    if (stat === undefined || stat instanceof Error) return [];
    const known = found === undefined || found instanceof Error ? null : remoteStatOf(found);
    const url = urlOf(endpoint, directory);
    return [{ isBase: index === 0, url, stat: remoteStatOf(stat), entry: known }];
  });
}

/** As RemoteStore.mark(). @param path of the directory on the server */
export async function withMark<T>(
  fileSystem: FileSystem,
  path: string,
  task: () => Promise<T>,
  { onLeft, ...options }: RequestOptions & Pick<MarkOptions, 'onLeft'>,
): Promise<T> {
  options.signal?.throwIfAborted();
  try {
    await fileSystem.mkdir(path, options);
    return await task();
  } finally {
    // Also when mkdir failed or was aborted: the server may have made the directory all the same.
    await fileSystem.rmdir(path, { ...options, signal: undefined }).catch((error: unknown) => {
      if (!(error instanceof XRootDError)) throw error;
      if (error.code !== 'NotFound') onLeft(urlOf(serverOf(fileSystem.url), path), error);
    });
  }
}

/** A directory and all above it. */
function upwards(directory: string): string[] {
  if (directory === '/') return ['/'];
  return [directory, ...upwards(directory.slice(0, directory.lastIndexOf('/')) || '/')];
}
