/** Finds out from the system's tables (Linux) whether the disk is mounted that should hold a directory. */
import * as fs from 'node:fs/promises';
import path from 'node:path';

/** Texts; empty where the system has no such table. */
export interface MountTables {
  /** What should be mounted: /etc/fstab. */
  fstab: string;
  /** What is mounted: /proc/self/mountinfo. */
  mounted: string;
}

export async function mountTables(): Promise<MountTables> {
  const [fstab, mounted] = await Promise.all(['/etc/fstab', '/proc/self/mountinfo'].map(textOf));
  return { fstab: fstab ?? '', mounted: mounted ?? '' };
}

async function textOf(file: string): Promise<string> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * The mount point of the disk that should hold this directory by fstab, but isn't mounted. Pure.
 * @param directory without symbolic links
 */
export function missingMount(directory: string, { fstab, mounted }: MountTables): string | undefined {
  const holds = (point: string) => isWithin(directory, point);
  const holder = longest(pointsOf(mounted, 4).filter(holds));
  if (holder === undefined) return undefined;
  const wanted = longest(pointsOf(fstab, 1).filter(holds));
  return wanted !== undefined && wanted.length > holder.length ? wanted : undefined;
}

/** The mount point in each line; `column` counts from 0. */
function pointsOf(table: string, column: number): string[] {
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const point = fields[0]?.startsWith('#') === true ? undefined : fields[column];
    if (point?.startsWith('/') !== true) return [];
    const plain = point.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));
    return [plain === '/' ? plain : plain.replace(/\/+$/, '')];
  });
}

export interface Mount {
  point: string;
  /** The file system's: `ext4`, `nfs4`. */
  type: string;
}

/** @param mounted as MountTables has it, in the order in which they were mounted */
export function mountsOf(mounted: string): Mount[] {
  return mounted.split('\n').flatMap((line) => {
    const [point] = pointsOf(line, 4);
    // The number of optional fields before the type varies.
    const type = / - (\S+) /.exec(line)?.[1];
    return point === undefined || type === undefined ? [] : [{ point, type }];
  });
}

function longest(points: readonly string[]): string | undefined {
  return [...points].sort((a, b) => b.length - a.length)[0];
}

/** Is it that directory, or below it? */
export function isWithin(directory: string, other: string): boolean {
  return directory === other || directory.startsWith(other === '/' ? other : `${other}/`);
}

/** @param directory without symbolic links; one that is there */
export async function isMountPoint(directory: string): Promise<boolean> {
  const { mounted } = await mountTables();
  if (mounted !== '') return pointsOf(mounted, 4).includes(directory);
  const [own, above] = await Promise.all([fs.stat(directory), fs.stat(path.dirname(directory))]);
  return own.dev !== above.dev;
}
