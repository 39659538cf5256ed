/** The way back: the whole set from tape, and is it the same? */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Archive, Report } from '../lib/index.js';
import { bytes, count, duration, plural, printable } from '../lib/cli/format.js';
import { shownAsBar } from './bars.js';
import { compareTrees } from './compare.js';
import { readRecord } from './records.js';
import { pass, type Scene } from './scene.js';
import { showWhereabouts, whereabouts, type Whereabouts } from './where.js';
import type { Workplace } from './workplace.js';

/** Resolves with true when everything came. */
export async function restoreAll(scene: Scene, { back }: Workplace): Promise<boolean> {
  const { narrator, archive, signal } = scene;
  narrator.step(
    'Back from tape',
    'The machine was lost, and everything is wanted back. We ask the robot for all files ("stage"); each is copied and ' +
      'verified as soon as it is online, while others still wait for tape. Then its place in the buffer is given up ' +
      'again ("evict").',
    'xrootd-archive restore . --to back --evict',
  );
  const times = watch(archive);
  const report = await pass(scene, () => archive.restore(['.'], { to: back, evict: true, signal }));
  times.stop();
  showWhereabouts(narrator, await onceEvicted(scene, report));
  const good = report.copied === report.scanned && report.scanned > 0;
  if (good) tellResult(scene, report, times.told());
  return good;
}

/** The server says yes to an eviction before it has done it. */
async function onceEvicted(
  { archive, signal }: Scene,
  { scanned, evicted = 0 }: Report,
): Promise<Whereabouts> {
  const patience = performance.now() + 10_000;
  for (;;) {
    const found = await whereabouts(archive, signal);
    if (found.disk.files <= scanned - evicted || performance.now() > patience) return found;
    await delay(200, undefined, { signal });
  }
}

function tellResult({ narrator }: Scene, { copied, bytesCopied, evicted }: Report, times: string): void {
  narrator.result(`${plural(copied, 'file')} restored and verified, ${bytes(bytesCopied)}${times}`);
  narrator.result(`${plural(evicted ?? 0, 'file')} given up again in the buffer`);
}

/** When copying began, and when tape had delivered all. */
function watch(archive: Archive): { stop: () => void; told: () => string } {
  const start = performance.now();
  let firstCopy: number | undefined;
  let lastOnline: number | undefined;
  const stop = archive.onAny(({ type }) => {
    if (type === 'file:copying') firstCopy ??= performance.now();
    if (type === 'stage:online') lastOnline = performance.now();
  });
  const after = (moment: number): string => duration((moment - start) / 1000);
  const told = (): string =>
    firstCopy === undefined || lastOnline === undefined
      ? ''
      : `: copying began after ${after(firstCopy)}, the last came from tape after ${after(lastOnline)}`;
  return { stop, told };
}

/** @param original what was put in: never seen by the archive */
export async function compareAll(
  { narrator, screen, signal }: Scene,
  original: string,
  { back }: Workplace,
  size: { files: number; bytes: number },
  made: boolean,
): Promise<boolean> {
  narrator.step(
    'Is it the same?',
    `We compare every file byte by byte with what was put in, ${made ? 'of which we kept a second copy aside' : `in ${original}`}.`,
  );
  const found = await shownAsBar(screen, size, (report) => compareTrees(original, back, report, signal));
  const { files, bytes: compared, difference, largest } = found;
  if (difference !== undefined) {
    narrator.line(`   ✗ ${printable(difference)}`);
    return false;
  }
  narrator.result(`${plural(files, 'file')}, ${count(compared)} bytes, every one as it was`);
  if (made && largest !== undefined) {
    const { shot, timestamp, images } = await readRecord(path.join(back, largest));
    narrator.result(`HDF5 reads them: shot ${shot}, ${timestamp}${images > 0 ? `, ${images} images` : ''}`);
  }
  return true;
}
