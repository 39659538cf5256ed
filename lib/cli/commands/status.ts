/** `status`: how records stand, here and at the target. */
import type { Command } from 'commander';
import type { RecordStatus } from '../../index.js';
import type { Paint, Style } from '../colours.js';
import { exitCodes, type ExitCode } from '../exit_codes.js';
import { bytes, count, plural, printable, time } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { sortedByPath } from '../sorted.js';

type Options = ConfigOptions & { checksums?: boolean };

export function addStatus(program: Command, session: Session): void {
  const command = program
    .command('status')
    .description('show how records stand: absent, partial, conflict, cached, backed_up')
    .argument('[path...]', 'records or directories, relative to the cache; default: everything')
    .option('--checksums', 'compare checksums too, which reads each local file');
  addConfigOptions(command, USES.both).action(action(session, status));
}

async function status(invocation: Invocation<Options>, paths: string[]): Promise<ExitCode> {
  const { options, output, screen, signal } = invocation;
  const [{ openTarget }, { checkAccess }, job] = await Promise.all([
    import('../target.js'),
    import('../../config/access.js'),
    import('../../jobs/verify/status.js'),
  ]);
  const { config, store, logger } = await openTarget(invocation, { cache: true });
  const { cacheDirectory, cacheMountPoint } = config;
  await checkAccess({ cacheDirectory, cacheMountPoint });
  const states = new Map<string, number>();
  const unseen = new Set(
    paths.map((path) => path.replace(/\/+$/, '')).filter((path) => path !== '' && path !== '.'),
  );
  const records = job.statusAt({ config, store }, paths, { signal, verify: options.checksums === true });
  const listed = output.json
    ? records
    : sortedByPath(records, (most) => {
        screen.note(`xrootd-archive: more than ${count(most)} records: listed as they come, not sorted`);
      });
  for await (const record of listed) {
    states.set(record.state, (states.get(record.state) ?? 0) + 1);
    for (const path of unseen) if (`${record.path}/`.startsWith(`${path}/`)) unseen.delete(path);
    if (output.json) output.object(record);
    else output.line(line(record, output.paint));
    if (output.closed) return exitCodes.ok;
  }
  await logger.flush();
  if (!output.json) output.line(totals(states));
  if (signal.aborted) return exitCodes.interrupted;
  for (const path of unseen) {
    screen.note(`xrootd-archive: ${printable(path)}: not in the cache; ls tells whether it is at the target`);
  }
  const troubled = unseen.size > 0 || states.has('conflict') || states.has('unknown');
  return troubled ? exitCodes.failures : exitCodes.ok;
}

const styles: Partial<Record<RecordStatus['state'], Style>> = {
  ...({ backed_up: 'green', partial: 'yellow', conflict: 'red', unknown: 'red' } as const),
};

function line({ path, size, mtime, state, online, reason }: RecordStatus, paint: Paint): string {
  const where = online === undefined ? '' : online ? 'online' : 'offline';
  const style = styles[state];
  const word = style === undefined ? state.padEnd(9) : paint(style, state.padEnd(9));
  const cells = [word, where.padEnd(7), bytes(size).padStart(8), time(mtime), printable(path)];
  return cells.join('  ') + (reason === undefined ? '' : `  (${printable(reason)})`);
}

function totals(states: ReadonlyMap<string, number>): string {
  const all = [...states.values()].reduce((sum, files) => sum + files, 0);
  const each = [...states].map(([state, files]) => `${count(files)} ${state}`).join(', ');
  return plural(all, 'record') + (each === '' ? '' : `: ${each}`);
}
