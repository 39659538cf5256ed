/** The demonstration from its first step to its last. */
import { Archive, type Logger } from '../lib/index.js';
import { TapeSandbox } from '../lib/sandbox/index.js';
import { bytes, duration, plural } from '../lib/cli/format.js';
import type { Screen } from '../lib/cli/screen.js';
import { shownAsBar } from './bars.js';
import { compareAll, restoreAll } from './bring_back.js';
import { copyFolder } from './folder.js';
import { listFiles } from './listing.js';
import { Narrator } from './narrator.js';
import { expectedBytes, makeRecords } from './records.js';
import { pass, type Scene } from './scene.js';
import { letTapeTake, TapeGate } from './tape.js';
import { showWhereabouts, whereabouts, type Amount } from './where.js';
import type { Needs, Workplace } from './workplace.js';

export type DemoOptions = Needs;

const steps = 7;
/** Seconds; a real library takes minutes to hours. */
const [mountDelay, stageDelay] = [2, [0, 6] as const];
const polling = { stagePollMinSeconds: 0.3, stagePollMaxSeconds: 1 };

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

  const filled = await fillCache(narrator, place, options, screen, signal);
  if (filled.files === 0) throw new Error('there is no file to archive');

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
    { cacheDirectory: place.cache, targetUrl: sandbox.url, settleSeconds: 0, ...polling },
    { logger: silent },
  );
  const scene: Scene = { narrator, screen, archive, sandbox, gate, signal };
  const original = options.folder ?? place.original;
  const good =
    (await firstPass(scene)) &&
    (await tapeTakes(scene)) &&
    (await secondPass(scene)) &&
    (await restoreAll(scene, place)) &&
    (await compareAll(scene, original, place, filled, options.folder === undefined));
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

async function fillCache(
  narrator: Narrator,
  { cache, original }: Workplace,
  { folder, large, small }: DemoOptions,
  screen: Screen,
  signal: AbortSignal,
): Promise<Amount> {
  if (folder !== undefined) {
    narrator.step(
      'A cache',
      `The cache is a directory where records wait. We fill it with copies of the files in ${folder}.`,
    );
    const copied = await copyFolder(folder, cache, signal);
    narrator.result(`${plural(copied.files, 'file')} copied; the folder itself is only read`);
    return copied;
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
  await copyFolder(cache, original, signal);
  narrator.result(`${plural(made.files, 'record')}, ${bytes(made.bytes)}, in ${cache}`);
  narrator.result(
    'a second copy of each put aside, where the archive never looks: to compare with at the end',
  );
  return made;
}

async function firstPass(scene: Scene): Promise<boolean> {
  const { narrator, archive, signal } = scene;
  narrator.step(
    'First pass: copy',
    'A backup pass copies what the server does not have yet, and compares checksums. It removes nothing here yet: ' +
      'only what is on tape counts as safe.',
    'xrootd-archive backup',
  );
  const report = await pass(scene, () => archive.backup({ signal }));
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

async function secondPass(scene: Scene): Promise<boolean> {
  const { narrator, archive, signal } = scene;
  narrator.step(
    'Second pass: make room',
    'The next pass finds that the copies are on tape. It compares size and checksum once more, and only then removes ' +
      'the files here.',
    'xrootd-archive backup',
  );
  const report = await pass(scene, () => archive.backup({ signal }));
  const where = await whereabouts(archive, signal);
  showWhereabouts(narrator, where);
  const good =
    report.removed === report.scanned && where.cache.files === 0 && where.tape.files === report.scanned;
  if (good)
    narrator.result(`${plural(report.removed, 'file')} removed, ${bytes(report.bytesRemoved)} free again`);
  return good;
}
