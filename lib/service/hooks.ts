/** Calls a command and a URL with a pass's report. What an URL contains is a secret: nothing here names more than its host. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { HooksConfig } from '../config/index.js';
import type { Report } from '../jobs/events/report.js';
import { plural } from '../rules/quantities.js';
import { outcomeOf, secondsOf } from './pass_outcome.js';

type Failed = (what: string) => (error: unknown) => void;

/** Bytes of a command's standard error that the log gets. */
const mostWords = 500;

/** @returns promises that never reject: what fails goes to `failed` */
export function callHooks(config: HooksConfig, report: Report, failed: Failed): Promise<void>[] {
  const { command, url, failureUrl, onlyFailures } = config;
  const isGood = outcomeOf(report) === 'ok';
  if (isGood && onlyFailures) return [];
  const calls: Promise<void>[] = [];
  if (command !== undefined)
    calls.push(run(command, report, config).catch(failed(`the hook ${command[0] ?? ''}`)));
  const to = isGood ? url : (failureUrl ?? url);
  if (to !== undefined) calls.push(post(to, report, config).catch(failed(`the hook at ${new URL(to).host}`)));
  return calls;
}

/** The report on its standard input. After the timeout it is killed, with all that it has started in its process group. */
function run(command: readonly string[], report: Report, { timeoutSeconds }: HooksConfig): Promise<void> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    // Without free descriptors it has no streams, and the error comes with the next tick.
    const child: ChildProcess = spawn(file, args, {
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
      env: { ...process.env, XROOTD_ARCHIVE_JOB: report.job, XROOTD_ARCHIVE_OUTCOME: outcomeOf(report) },
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    const { stdin, stderr } = child;
    let words = '';
    const said = () => (words.trim() === '' ? '' : `: ${words.trim()}`);
    const timer = setTimeout(() => {
      const end = killGroup(child.pid) ? 'was killed' : 'could not be killed';
      reject(new Error(`it ${end} after ${timeoutSeconds} s (hooks.timeout_seconds)${said()}`));
      // A program that runs as another user can't be killed: neither it nor its streams may hold this process.
      stdin?.destroy();
      stderr?.destroy();
      child.unref();
    }, timeoutSeconds * 1000);
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (words.length < mostWords) words = (words + text).slice(0, mostWords);
    });
    // It may end without reading.
    stdin?.on('error', () => undefined);
    stdin?.end(`${JSON.stringify(report)}\n`);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else reject(new Error(`it ended with ${signal ?? `exit code ${code}`}${said()}`));
    });
  });
}

/** @returns false if the system refuses it: a program that runs as another user */
function killGroup(pid: number | undefined): boolean {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    return true;
  } catch (error) {
    // ESRCH: it has ended.
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}

async function post(url: string, report: Report, { format, timeoutSeconds }: HooksConfig): Promise<void> {
  const [type, body] = bodyOf(report, format);
  const [address, authorization] = withoutLogin(url);
  // An error of fetch may repeat the URL: it isn't passed on.
  const status = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': type, 'user-agent': 'xrootd-archive', ...authorization },
    body,
    // A redirection may turn the POST into a GET without the report.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
  }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.status;
    },
    (error: unknown) => {
      const { name, cause } = error as Error & { cause?: { code?: string } };
      return name === 'TimeoutError'
        ? `no answer within ${timeoutSeconds} s (hooks.timeout_seconds)`
        : (cause?.code ?? name);
    },
  );
  if (typeof status === 'string') throw new Error(status);
  if (status < 200 || status > 299) throw new Error(`it answered with status ${status}`);
}

/** fetch takes no URL with a name and a password. */
function withoutLogin(url: string): [address: URL, authorization: { authorization?: string }] {
  const address = new URL(url);
  const { username, password } = address;
  if (username === '' && password === '') return [address, {}];
  address.username = address.password = '';
  const login = [username, password].map(decoded).join(':');
  return [address, { authorization: `Basic ${Buffer.from(login).toString('base64')}` }];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function bodyOf(report: Report, format: HooksConfig['format']): [type: string, body: string] {
  if (format === 'report') return ['application/json', JSON.stringify(report)];
  if (format === 'slack') return ['application/json', JSON.stringify({ text: hookText(report) })];
  return ['text/plain; charset=utf-8', hookText(report)];
}

/** `backup failures: 12 copied (3 removed), 4 kept, 1 failed; 34 s`, and the first failures. For people. */
export function hookText(report: Report): string {
  const { job, copied, removed, removedAfterCopy, verified, kept, failed, conflicts, error, failures } =
    report;
  const counts = [
    `${copied} copied`,
    `${removed + removedAfterCopy} removed`,
    ...(verified === undefined ? [] : [`${verified} verified`]),
    ...[`${kept} kept`, `${failed} failed`, `${conflicts} in conflict`],
  ];
  const first = failures.slice(0, 5).map(({ path, message }) => `${path}: ${message}`);
  const beyond = failed + conflicts - first.length;
  return [
    `${job} ${outcomeOf(report)}: ${counts.join(', ')}; ${Math.round(secondsOf(report))} s`,
    ...(error === undefined ? [] : [error.message]),
    ...first,
    ...(beyond > 0 && first.length > 0 ? [`and ${plural(beyond, 'more file')}`] : []),
  ].join('\n');
}
