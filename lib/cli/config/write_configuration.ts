/** Makes a configuration file from options and answers. */
import { resolve } from 'node:path';
import { snakeCase } from '../../config/case.js';
import { ConfigError, resolveOptions, type ArchiveOptions } from '../../config/index.js';
import { absolutePaths } from '../../config/validate.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import type { Invocation } from '../invocation.js';
import { writeNew, writeWhole } from '../whole_file.js';
import { fileText, type Chosen } from './file_text.js';
import { ownOptions, type InitOptions } from './own_options.js';
import { Questions } from './questions.js';

/** What is asked for, in this order. */
const ASKED: [key: keyof ArchiveOptions, text: string, otherwise?: string][] = [
  ['cacheDirectory', 'The cache, the directory that ingest writes to (empty: none, to restore only)', ''],
  ['targetUrl', 'The target, as root://server.example//base/path'],
  ['autoRemove', 'When a local file goes: never, cached (on the server), backed_up (on tape)', 'backed_up'],
  ['keytabFilePath', 'SSS keytab (empty: none)', ''],
  ['copyCronString', 'When the service begins passes, as five fields of cron', '0 * * * *'],
  ['timezoneStr', 'In which time zone', Intl.DateTimeFormat().resolvedOptions().timeZone],
];

/** @throws {ConfigError} that names options */
export async function writeConfiguration({
  options,
  output,
  screen,
  signal,
}: Invocation<InitOptions>): Promise<ExitCode> {
  const { output: file, force, json: _json, config: _config, ...given } = options;
  const chosen = process.stdin.isTTY ? await asked(given, signal) : given;
  if (chosen.targetUrl === undefined)
    throw new ConfigError([
      { key: '--target', message: 'must be given where there is no terminal to ask on' },
    ]);
  const entries = (Object.entries(chosen) as [string, unknown][]).filter(
    ([, value]) => value !== undefined && value !== '',
  );
  check(Object.fromEntries(entries));
  const block = Object.fromEntries(entries.map(([key, value]) => [snakeCase(key), value]));
  // The file may lie elsewhere.
  const text = fileText(absolutePaths(block, process.cwd()) as Chosen);
  if (file === '-') {
    if (output.json) output.object({ type: 'config', file: null, text });
    else output.line(text.trimEnd());
    return exitCodes.ok;
  }
  const path = resolve(file);
  await write(path, text, force === true);
  if (output.json) output.object({ type: 'config', file: path });
  else {
    output.line(path);
    screen.note(`Written. Look whether all is well: xrootd-archive doctor --config ${path}`);
  }
  return exitCodes.ok;
}

async function asked(given: Partial<InitOptions>, signal: AbortSignal): Promise<Partial<InitOptions>> {
  const answers: Record<string, unknown> = { ...given };
  const questions = new Questions(signal);
  try {
    for (const [key, text, otherwise] of ASKED) {
      if (answers[key] !== undefined) continue;
      const problem = (answer: string) => problemOf({ [key]: answer });
      answers[key] = await questions.ask({ text, problem, ...(otherwise !== undefined && { otherwise }) });
    }
    return answers;
  } finally {
    questions.close();
  }
}

/** @throws {ConfigError} that names options */
function check(chosen: object): void {
  try {
    resolveOptions(chosen as ArchiveOptions);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const options = ownOptions();
    const flagOf = (key: string) => options.find((option) => option.attributeName() === key)?.long ?? key;
    throw new ConfigError(error.problems.map((problem) => ({ ...problem, key: flagOf(problem.key) })));
  }
}

/** What is wrong with one value by itself. */
function problemOf(one: Partial<ArchiveOptions>): string | undefined {
  try {
    resolveOptions({ targetUrl: 'root://server//base', ...one });
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ message }) => message).join('; ');
  }
}

async function write(path: string, text: string, force: boolean): Promise<void> {
  try {
    await (force ? writeWhole(path, [text]) : writeNew(path, text));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? `${path} is there already: --force replaces it` : message;
    throw new ConfigError([{ key: '--output', message: why }]);
  }
}
