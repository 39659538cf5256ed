/**
 * Makes the pictures of the terminal in docs/screens anew: the command at work, on a sandbox, in tmux (which must be installed).
 *
 *   npm run setup && node scripts/screens.mjs
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { svg } from './screens/svg.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'dist/lib/cli/main.js');
const [columns, rows] = [112, 30];
const directory = mkdtempSync(join(tmpdir(), 'screens-'));
const tmux = (...args) =>
  execFileSync('tmux', ['-L', `screens-${process.pid}`, ...args], { encoding: 'utf8' });
const screen = (...flags) => tmux('capture-pane', '-p', ...flags);

/** @param {RegExp} wished looked for in what the terminal shows */
async function until(wished) {
  for (let i = 0; !wished.test(screen()); i++) {
    if (i === 600) throw new Error(`the terminal never showed ${wished}:\n${screen()}`);
    await sleep(50);
  }
}

function keep(name) {
  writeFileSync(join(root, 'docs/screens', `${name}.svg`), svg(screen('-e'), columns));
  console.log(`docs/screens/${name}.svg`);
}

/** Types a command line into an empty terminal. */
async function type(line) {
  tmux('send-keys', 'clear', 'Enter');
  await until(/^\$ *\n*$/);
  tmux('send-keys', '-l', line);
  tmux('send-keys', 'Enter');
}

const ended = /\n\$ *\n*$/;
const sandbox = spawn(process.execPath, [main, 'sandbox', '--stage-delay', '3'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const [first] = await sandbox.stdout.setEncoding('utf8').take(1).toArray();
  const [url] = first.split('\n');
  const day = join(directory, 'cache/2026/03/14');
  mkdirSync(day, { recursive: true });
  for (let i = 1; i <= 8; i++) writeFileSync(join(day, `shot-000${i}.h5`), Buffer.alloc(12e6 + i * 1e6, i));
  const config = { cache_directory: './cache', target_url: url, settle_seconds: 0, max_rate: '30MB' };
  writeFileSync(join(directory, 'xrootd-archive.yaml'), JSON.stringify({ backup: config }));
  const command = join(directory, 'bin/xrootd-archive');
  mkdirSync(join(directory, 'bin'));
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(command, 0o755);
  const shell = `env PS1='$ ' PATH='${join(directory, 'bin')}':"$PATH" bash --norc --noprofile`;
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', directory, shell);
  tmux('set-option', 'status', 'off');
  await until(/^\$/);

  await type('xrootd-archive backup --log-level warn');
  await until(/[3-6]\/8|[3-6] of 8|(4|5|6)\d ?%/);
  keep('backup');
  await until(ended);
  await type('xrootd-archive backup --log-level warn');
  await until(/finished/);
  await until(ended);
  keep('backup-done');
  await type('xrootd-archive ls -lR && xrootd-archive find --since 2026-01-01');
  await until(/on_tape/);
  await until(ended);
  keep('ls-find');
  await type('xrootd-archive evict 2026 --log-level error && clear');
  await until(/^\$ *\n*$/);
  await type('xrootd-archive restore 2026 --to back --log-level warn');
  await until(/wait|tape/);
  keep('restore');
  await until(/finished/);
} finally {
  try {
    tmux('kill-server');
  } finally {
    sandbox.kill('SIGTERM');
    rmSync(directory, { recursive: true, force: true });
  }
}
