/** `retention`: removes online files past their period, if they are on tape. */
import { Option, type Command } from 'commander';
import type { ExitCode } from '../exit_codes.js';
import { bytes, printable } from '../format.js';
import { action, type Invocation, type Session } from '../invocation.js';
import { addConfigOptions, type ConfigOptions, USES } from '../options.js';
import { runPass } from '../pass.js';

type Options = ConfigOptions & { dryRun?: boolean; confirm?: boolean; wait?: boolean };

export function addRetention(program: Command, session: Session): void {
  const command = program
    .command('retention')
    .description('remove online files past their retention period that are identical on tape')
    .option('-n, --dry-run', 'remove nothing, list what would go')
    .addOption(
      new Option('--confirm', 'confirm the settings: remove files, in this and all later passes').conflicts(
        'dryRun',
      ),
    )
    .option('-w, --wait', 'wait for another pass to end, instead of being refused');
  addConfigOptions(command, USES.removal).action(
    action(session, retention, 'stopping cleanly: what is not removed yet stays'),
  );
}

function retention(invocation: Invocation<Options>): Promise<ExitCode> {
  const { options, output, screen, signal } = invocation;
  const { dryRun, confirm, wait } = options;
  return runPass(
    invocation,
    (archive) => {
      if (!output.json) {
        archive.on('file:removable', ({ path, size, date }) => {
          // The list was asked for; a bar would be drawn between its lines.
          screen.hideBar();
          output.line(`${date.slice(0, 10)}  ${bytes(size).padStart(9)}  ${printable(path)}`);
        });
      }
      return archive.retention({ dryRun, confirm, wait, signal });
    },
    { cache: false },
  );
}
