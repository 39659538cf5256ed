/** The cache: is it there, whose is it, on what does it lie, and does it hold what isn't archived? */
import { opendir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { accessProblems } from '../config/access.js';
import { isWithin, missingMount, mountsOf, mountTables } from '../config/mounts.js';
import { CATALOGUE_NAME, networkFileSystem } from '../catalogue/place.js';
import { diskUsage } from '../cache/usage.js';
import type { ArchiveConfig } from '../config/index.js';
import { bytes } from '../rules/quantities.js';
import { userName } from './users.js';
import { failed, ok, warning, type Finding } from './finding.js';

/** Entries of the top directory that are looked at. */
const MOST_ENTRIES = 10_000;
const VOLATILE = new Set(['tmpfs', 'ramfs']);

export async function checkCache(config: ArchiveConfig): Promise<Finding[]> {
  const { cacheDirectory, cacheMountPoint } = config;
  if (cacheDirectory === undefined) {
    return [
      warning(
        'cache',
        'none is configured: nothing can be backed up',
        'name it by cache_directory or --cache; a machine that only restores needs none',
      ),
    ];
  }
  const [problem] = await accessProblems({ cacheDirectory, cacheMountPoint });
  if (problem !== undefined) {
    const advice =
      problem.key === 'cacheMountPoint'
        ? 'mount the disk, or correct cache_mount_point'
        : `make it a directory that ${userName(process.getuid?.())} may read and write, or correct cache_directory`;
    return [failed('cache', problem.message, advice)];
  }
  const real = await realpath(cacheDirectory);
  return [await owner(cacheDirectory, real), await fileSystem(real, config), await links(real)];
}

async function owner(named: string, real: string): Promise<Finding> {
  const check = 'cache: owner';
  const { uid, mode } = await stat(real);
  const us = process.getuid?.();
  const where = resolve(named) === real ? real : `${named} (a link to ${real})`;
  const told = `${where} belongs to ${userName(uid)}, mode ${(mode & 0o7777).toString(8)}; this is ${userName(us)}`;
  if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
    return warning(
      check,
      `${told}; everybody may write to it`,
      `chmod o-w ${real}, and give ingest a group of its own`,
    );
  }
  if (us === 0 && uid !== 0) {
    return warning(
      check,
      told,
      `run it as the service's user, who may have other permissions: runuser -u ${userName(uid)} -- xrootd-archive doctor`,
    );
  }
  return ok(check, told);
}

async function fileSystem(real: string, { warningMarkPercent }: ArchiveConfig): Promise<Finding> {
  const check = 'cache: file system';
  const tables = await mountTables();
  const unmounted = missingMount(real, tables);
  if (unmounted !== undefined) {
    return failed(check, `${unmounted} is in /etc/fstab, but nothing is mounted there`, `mount ${unmounted}`);
  }
  const { used, available, usedPercent } = await diskUsage(real);
  const type = mountsOf(tables.mounted)
    .filter(({ point }) => isWithin(real, point))
    // Where several are mounted at one point, the last one is seen.
    .reduce<{ point: string; type: string } | undefined>(
      (best, each) => (best === undefined || each.point.length >= best.point.length ? each : best),
      undefined,
    )?.type;
  const told = `${type ?? 'unknown'}, ${usedPercent} % used of ${bytes(used + available)}`;
  if (type !== undefined && VOLATILE.has(type)) {
    return warning(check, `${told}: it is memory, and empty after a reboot`, 'put the cache on a disk');
  }
  const network = await networkFileSystem(join(real, CATALOGUE_NAME));
  if (network !== undefined) {
    return warning(
      check,
      `${told}: a network or cluster file system (${network}), on which no catalogue is kept`,
      'set catalogue_path to a file on a local disk, and let one machine alone run passes unless its locks are shared',
    );
  }
  if (usedPercent >= warningMarkPercent) {
    return warning(
      check,
      `${told}, which is above warning_mark_percent (${warningMarkPercent})`,
      'look at "xrootd-archive status": what is not on tape yet stays',
    );
  }
  return ok(check, told);
}

/** Only its top: a walk through all of it is what a pass does. */
async function links(real: string): Promise<Finding> {
  const check = 'cache: links';
  const found: string[] = [];
  let seen = 0;
  for await (const entry of await opendir(real)) {
    if (!entry.isFile() && !entry.isDirectory()) found.push(entry.name);
    if (++seen >= MOST_ENTRIES) break;
  }
  const told = `among ${seen} entries at its top`;
  return found.length === 0
    ? ok(check, `no links or devices ${told}`)
    : warning(
        check,
        `${found.length} links or devices ${told}: ${found
          .slice(0, 3)
          .map((name) => JSON.stringify(name))
          .join(', ')}`,
        'they are neither followed nor archived: move into the cache what they lead to',
      );
}
