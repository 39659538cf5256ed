/** A process of the model with a watchdog, which keeps what is known of one that finds something, dies or hangs. */
import { execFile, spawn } from 'node:child_process';
import { cp, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Of steps and of other lines that are kept. */
const most = 200;

/**
 * @param {{ program: string, args: string[], seed: number, out: string, silence: number, signal: AbortSignal }} options
 * @returns {Promise<{ stopped: boolean, kinds: Map<string, number>, trouble?: string, kept?: string, replay?: string }>}
 */
export async function watched({ program, args, out, silence, signal }) {
  // All that it makes lies here: caches, restores, the server's files.
  const place = mkdtempSync(join(tmpdir(), 'torture-'));
  // Its servers run as another user.
  chmodSync(place, 0o755);
  const reports = join(place, 'reports');
  await mkdir(reports);
  const child = spawn(
    process.execPath,
    [
      ...['--report-on-signal', '--report-signal=SIGUSR2', '--report-on-fatalerror'],
      ...[`--report-directory=${reports}`, program, ...args],
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: place,
      // A group of its own, so that what it leaves behind can be ended.
      detached: true,
      env: { XRD_STREAMTIMEOUT: '3', XRD_CONNECTIONWINDOW: '3', ...process.env, TMPDIR: place },
    },
  );
  const steps = [];
  const kinds = new Map();
  const log = [];
  let hung;
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      hung = keepHanging(child, reports).catch((error) => `${error}`);
      void hung.then(() => killGroup(child));
    }, silence);
  };
  heard();
  const onAbort = () => killGroup(child);
  signal.addEventListener('abort', onAbort);
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith('step ')) {
        log.push(line);
        continue;
      }
      heard();
      // `step KIND {ARGUMENTS}`; while a violation is made small, steps of other runs.
      const kind = line.slice('step '.length).replace(/ [{[].*$/, '');
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      steps.push(line);
      if (steps.length > most) steps.shift();
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text) => log.push(text.trimEnd()));
  const [code, killedBy] = await new Promise((resolve) => child.once('close', (...end) => resolve(end)));
  clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
  const stacks = await hung;
  try {
    if (signal.aborted) return { stopped: true, kinds };
    const trouble =
      stacks !== undefined
        ? `it made no step for ${silence / 1000} s`
        : killedBy !== null
          ? `it died by ${killedBy}`
          : code !== 0
            ? (log.find((line) => /^(Violation|\w*Error)\b/.test(line)) ?? `it ended with ${code}`)
            : undefined;
    if (trouble === undefined) return { stopped: false, kinds };
    const replay = log.findLast((line) => line.startsWith('Repeat it: '));
    const kept = resolve(out);
    await mkdir(kept, { recursive: true });
    const again = replay ?? `Repeat it: ${[process.execPath, program, ...args].join(' ')}`;
    await writeFile(join(kept, 'steps.txt'), `${steps.join('\n')}\n`);
    await writeFile(join(kept, 'log.txt'), `${log.join('\n')}\n${trouble}\n${again}\n`);
    if (stacks !== undefined) await writeFile(join(kept, 'stacks.txt'), stacks);
    await keepFiles(place, kept);
    return { stopped: false, kinds, trouble, kept, replay: again };
  } finally {
    killGroup(child);
    await unmountBelow(place);
    rmSync(place, { recursive: true, force: true });
  }
}

/** Node's report, and the stacks of all threads: gdb's, else what the kernel says. */
async function keepHanging(child, reports) {
  child.kill('SIGUSR2');
  const { pid } = child;
  const texts = [];
  for (const task of await readdir(`/proc/${pid}/task`).catch(() => []))
    for (const file of ['comm', 'wchan', 'stack']) {
      const text = await readFile(`/proc/${pid}/task/${task}/${file}`, 'utf8').catch(
        (error) => error.message,
      );
      texts.push(`${task} ${file}: ${text.trim()}`);
    }
  for (const [program, words] of [
    ['gdb', ['-p', String(pid), '-batch', '-ex', 'thread apply all bt']],
    ['eu-stack', ['-p', String(pid)]],
  ]) {
    const told = await run(program, words, { maxBuffer: 2 ** 26, timeout: 30_000 }).catch(() => undefined);
    if (told === undefined) continue;
    texts.push(told.stdout);
    break;
  }
  // The report is written by the event loop, which may be what hangs.
  for (let tries = 0; tries < 50 && (await readdir(reports)).length === 0; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
  return texts.join('\n');
}

/** Cache and server directories, node's reports, and the core if the system writes one. */
async function keepFiles(place, kept) {
  // Sockets and pipes can't be copied, and aren't worth it.
  const filter = async (path) => {
    const info = await lstat(path);
    return info.isFile() || info.isDirectory() || info.isSymbolicLink();
  };
  await cp(place, join(kept, 'files'), { recursive: true, filter, verbatimSymlinks: true }).catch(
    async (error) => writeFile(join(kept, 'files-not-kept.txt'), `${error}\n`),
  );
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

/** What a killed process has left mounted. */
async function unmountBelow(place) {
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  const below = mounts
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${place}/`));
  for (const path of below.reverse()) await run('umount', ['-l', path]).catch(() => undefined);
}
