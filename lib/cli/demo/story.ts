/** The demonstration from its first step to its last. */
import path from 'node:path';
import { Archive, type Logger, type Report } from '../../index.js';
import { TapeSandbox } from '../../sandbox/index.js';
import { bytes, count, duration, plural, printable } from '../format.js';
import type { Screen } from '../screen.js';
import { summary } from '../summary.js';
import { shownAsBar } from './bars.js';
import { chooseHero, type Hero } from './cast.js';
import { compareBytes } from './compare.js';
import { copyFolder } from './folder.js';
import { listFiles } from './listing.js';
import { Narrator } from './narrator.js';
import { readBack } from './read_back.js';
import { expectedBytes, makeRecords, readRecord } from './records.js';
import { letTapeTake, TapeGate } from './tape.js';
import { showWhereabouts, whereabouts } from './where.js';
import type { Needs, Workplace } from './workplace.js';

export type DemoOptions = Needs;

const steps = 7;
/** Seconds; a real library takes minutes to hours. */
const [mountDelay, stageDelay] = [2, 1];

/** Resolves with true when everything was as it should be. */
export async function tell(
  place: Workplace,
  options: DemoOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<boolean> {
  const started = performance.now();
  const narrator = new Narrator(process.stdout, steps);
  narrator.line('xrootd-archive: how records get safely onto tape, and back.');
  narrator.line('Everything happens on this machine, and all of it is removed at the end.');

  await fillCache(narrator, place, options, screen, signal);
  const hero = await chooseHero(place.cache, options.folder);
  if (hero === undefined) throw new Error('there is no file to archive');

  const gate = new TapeGate();
  narrator.step(
    'A tape system',
    'A tape system looks like a file server with a disk, its "buffer". Behind the disk a robot writes files to tape, ' +
      'and fetches them back when somebody asks. Ours is a real XRootD server; only the robot is simulated.',
  );
  await using sandbox = await TapeSandbox.start({
    ...{ migrationDelay: 'never', failMigration: gate.holds, mountDelay, stageDelay },
    ...(place.sandbox === undefined ? {} : { directory: place.sandbox }),
  });
  signal.throwIfAborted();
  narrator.result(`it answers at ${sandbox.url}`);

  const archive = new Archive(
    { cacheDirectory: place.cache, targetUrl: sandbox.url, autoRemove: 'backed_up', settleSeconds: 0 },
    { logger: silent },
  );
  const scene: Scene = { narrator, screen, archive, sandbox, gate, signal };
  const good =
    (await firstPass(scene)) &&
    (await tapeTakes(scene)) &&
    (await secondPass(scene)) &&
    (await bringBack(scene, hero, place, options));
  narrator.line('');
  const seconds = (performance.now() - started) / 1000;
  narrator.line(
    good
      ? `All is well: every file is on tape, and what came back is what was put in (${duration(seconds)}).`
      : 'SOMETHING IS WRONG: see above.',
  );
  return good;
}

/** The story tells what a log would, reports included. */
const silent: Logger = { debug: noop, info: noop, warn: noop, error: noop };

function noop(): void {
  // Nothing is told.
}

interface Scene {
  narrator: Narrator;
  screen: Screen;
  archive: Archive;
  sandbox: TapeSandbox;
  gate: TapeGate;
  signal: AbortSignal;
}

async function fillCache(
  narrator: Narrator,
  { cache }: Workplace,
  { folder, large, small }: DemoOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  if (folder !== undefined) {
    narrator.step(
      'A cache',
      `The cache is a directory where records wait. We fill it with copies of the files in ${folder}.`,
    );
    const files = await copyFolder(folder, cache, signal);
    narrator.result(`${plural(files, 'file')} copied; the folder itself is only read`);
    return;
  }
  narrator.step(
    'A cache',
    'An experiment writes its records, HDF5 files, into a directory on this machine: the cache. ' +
      `We make ${plural(large, 'record')} with camera images, 200 MB each, and ${plural(small, 'small one')}.`,
  );
  const made = await shownAsBar(
    screen,
    { files: large + small, bytes: expectedBytes({ large, small }) },
    (report) => makeRecords(cache, { large, small }, report, signal),
  );
  narrator.result(`${plural(made.files, 'record')}, ${bytes(made.bytes)}, in ${cache}`);
}

async function firstPass({ narrator, screen, archive, signal }: Scene): Promise<boolean> {
  narrator.step(
    'First pass: copy',
    'A backup pass copies what the server does not have yet, and compares checksums. It removes nothing here yet: ' +
      'only what is on tape counts as safe.',
    'xrootd-archive backup',
  );
  const report = await pass(archive, screen, narrator, signal);
  const where = await whereabouts(archive, signal);
  showWhereabouts(narrator, where);
  const good = report.failed + report.conflicts === 0 && where.cache.files === report.scanned;
  if (good) narrator.result(`${plural(report.copied, 'file')} copied and verified; all are still here, too`);
  return good;
}

async function tapeTakes({ narrator, screen, archive, sandbox, gate, signal }: Scene): Promise<boolean> {
  narrator.step(
    'The tape takes the files',
    'In its own time, which real ones take hours for, the robot writes the files to tape and frees its buffer. The ' +
      'server still shows their names, but they cannot be read at once: they are "offline".',
  );
  const files = await listFiles(archive, signal);
  const total = { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
  await shownAsBar(screen, total, (report) => letTapeTake(sandbox, gate, files, report, signal));
  const where = await whereabouts(archive, signal);
  showWhereabouts(narrator, where);
  const good = where.tape.files === files.length;
  if (good) narrator.result(`${plural(files.length, 'file')} on tape`);
  return good;
}

async function secondPass({ narrator, screen, archive, signal }: Scene): Promise<boolean> {
  narrator.step(
    'Second pass: make room',
    'The next pass finds that the copies are on tape. It compares size and checksum once more, and only then removes ' +
      'the files here.',
    'xrootd-archive backup',
  );
  const report = await pass(archive, screen, narrator, signal);
  const where = await whereabouts(archive, signal);
  showWhereabouts(narrator, where);
  const good =
    report.removed === report.scanned && where.cache.files === 0 && where.tape.files === report.scanned;
  if (good)
    narrator.result(`${plural(report.removed, 'file')} removed, ${bytes(report.bytesRemoved)} free again`);
  return good;
}

async function pass(
  archive: Archive,
  screen: Screen,
  narrator: Narrator,
  signal: AbortSignal,
): Promise<Report> {
  const stop = archive.on('progress', (event) => {
    screen.progress(event);
  });
  screen.showBar();
  let report: Report;
  try {
    report = await archive.backup({ signal });
  } finally {
    stop();
    screen.hideBar();
  }
  signal.throwIfAborted();
  if (report.failed + report.conflicts > 0) for (const line of summary(report)) narrator.line(`   ${line}`);
  return report;
}

async function bringBack(
  { narrator, screen, archive, signal }: Scene,
  { record, size, original }: Hero,
  { back }: Workplace,
  { folder }: DemoOptions,
): Promise<boolean> {
  narrator.step(
    'Back from tape',
    `Somebody wants ${printable(record)} (${bytes(size)}). We ask the robot to fetch it ("stage"), wait until it is ` +
      'online, copy it, and give its place in the buffer up again ("evict").',
  );
  const file = path.join(back, path.basename(record));
  await shownAsBar(screen, { files: 1, bytes: size }, (report) =>
    readBack(
      archive.config.targetUrl,
      record,
      file,
      {
        waiting: () => undefined,
        online: (seconds) => {
          screen.note(`   ✓ online after ${duration(seconds)}`);
        },
        copying: (done) => {
          report({ files: 0, bytes: done });
        },
      },
      signal,
    ),
  );
  narrator.result('copied out, and evicted');

  narrator.step('Is it the same?', 'We compare it byte by byte with what was put in, which we kept aside.');
  const { equal, bytes: compared, firstDifference, sha256 } = await compareBytes(original, file);
  if (!equal) {
    narrator.line(`   ✗ it differs, first at byte ${count(firstDifference ?? 0)}`);
    return false;
  }
  narrator.result(`${count(compared)} bytes, every one as it was (sha256 ${sha256.slice(0, 16)}…)`);
  if (folder === undefined) {
    const { shot, timestamp, images } = await readRecord(file);
    narrator.result(`HDF5 reads it: shot ${shot}, ${timestamp}${images > 0 ? `, ${images} images` : ''}`);
  }
  return true;
}
