/** What `ls`, `tree` and `du` have in common: the server's entries one by one, and a note for what could not be listed. */
import type { Failure, ListOptions, RemoteEntry } from '../index.js';
import { parseTarget } from '../config/target.js';
import { exitCodes, type ExitCode } from './exit_codes.js';
import { printable } from './format.js';
import type { Invocation } from './invocation.js';
import type { ConfigOptions } from './options.js';

export interface RemoteListing {
  /** What was listed; what couldn't be was told. */
  entries: AsyncGenerator<RemoteEntry, void, undefined>;
  /** Once it was listed. */
  exitCode: () => ExitCode;
}

/** @param paths relative to the target's base; none: all of it */
export async function openListing(
  invocation: Invocation<ConfigOptions>,
  paths: readonly string[],
  options: Pick<ListOptions, 'recursive' | 'enters'>,
): Promise<RemoteListing> {
  const { output, screen, signal } = invocation;
  const [{ openTarget }, { list }, { uploadLook }] = await Promise.all([
    import('./target.js'),
    import('../jobs/run/list.js'),
    import('../jobs/run/uploads.js'),
  ]);
  const { config, store, logger } = await openTarget(invocation, { cache: false });
  let failed = false;
  const entries = async function* () {
    const items = list(store, paths, config.parallelStats, {
      upload: uploadLook(config),
      ...options,
      signal,
    });
    for await (const entry of items) {
      if (!('failed' in entry)) {
        yield entry;
        continue;
      }
      failed = true;
      if (output.json) output.object(entry);
      const hint = baseHint(entry) + relativeHint(entry.path, config.targetUrl);
      screen.note(`xrootd-archive: ${printable(entry.path)}: ${printable(entry.message)}${hint}`);
    }
    await logger.flush();
  };
  const exitCode = () =>
    signal.aborted ? exitCodes.interrupted : failed ? exitCodes.failures : exitCodes.ok;
  return { entries: entries(), exitCode };
}

/** For the base itself: nobody has typed its path in this command. */
function baseHint({ path, code }: Failure): string {
  const advice: Record<string, string> = {
    NotFound: 'the first backup makes it',
    NotAuthorized: 'the server has to export it',
  };
  const what = path === '.' ? advice[code] : undefined;
  return what === undefined ? '' : `; this is the path in target_url: ${what}`;
}

/** For somebody who gave a path of the server. */
export function relativeHint(path: string, targetUrl: string): string {
  if (!path.startsWith('/')) return '';
  const { base } = parseTarget(targetUrl);
  const rest = `${path}/`.startsWith(`${base}/`)
    ? path.slice(base.length + 1).replace(/\/+$/, '')
    : undefined;
  const instead = rest === undefined ? '' : `: give ${rest === '' ? '.' : printable(rest)}`;
  return `; paths are relative to the target's base, ${printable(base)}${instead}`;
}
