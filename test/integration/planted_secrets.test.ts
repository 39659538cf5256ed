/** Secrets are planted everywhere they can stand. Nothing that a command or the service says or keeps shows one of them. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { cli, RunningCli } from '../support/cli.js';
import { secretsOf } from '../support/keytab.js';
import { closedPort } from '../support/ports.js';
import { writeRecord } from '../support/records.js';
import { mailServer } from '../support/smtp.js';
import { until } from '../support/tape.js';
import { scaled } from '../support/tier.js';
import { withTemp } from '../support/temporary.js';

const planted = (where: string) => `Planted-${where}-0123456789abcdefghij`;
const places = ['opaque', 'short', 'file', 'token', 'bearer', 'proxy', 'online', 'later'] as const;

/** Every text of what was planted, also as it goes to the server, and the keys of the keytab. */
function hiddenOf(keytab: string): string[] {
  return [...places.map(planted), 'opn-ssme', ...secretsOf(keytab)];
}

function assertNone(hidden: readonly string[], text: string, where: string): void {
  for (const secret of hidden) {
    const at = text.indexOf(secret);
    assert.ok(at < 0, `${where}: ${secret} in …${text.slice(Math.max(0, at - 150), at + 60)}`);
  }
}

interface Site {
  sandbox: TapeSandbox;
  hidden: string[];
  cache: string;
  directory: string;
  env: Record<string, string>;
  /** Writes a configuration for a target, and returns its path. */
  config: (target: string, more?: Record<string, unknown>) => Promise<string>;
}

async function withSecrets(use: (site: Site) => Promise<void>): Promise<void> {
  await using sandbox = await TapeSandbox.start({ sss: true });
  await withTemp(async (directory) => {
    const cache = join(directory, 'cache');
    await mkdir(cache);
    const secret = async (name: string, text: string) => {
      await writeFile(join(directory, name), text, { mode: 0o600 });
      return join(directory, name);
    };
    const files = {
      target_opaque_file: await secret('opaque', `site.key=${planted('file')}\n`),
      token_file_path: await secret('token', `${planted('token')}\n`),
    };
    let made = 0;
    const config = async (target: string, more: Record<string, unknown> = {}) => {
      const backup = {
        ...{ cache_directory: cache, target_url: target, settle_seconds: 0, retry_attempts: 1 },
        ...{ keytab_file_path: sandbox.keytab, token_use: 'requests', ...files },
        ...{ target_opaque: `eos.key=${planted('opaque')}&pw=opn-ssme`, request_timeout_seconds: 5, ...more },
      };
      const file = join(directory, `config-${(made += 1)}.yaml`);
      await writeFile(file, JSON.stringify({ backup }), { mode: 0o600 });
      return file;
    };
    const env = {
      ...{ XRD_LOGLEVEL: 'Dump', BEARER_TOKEN: planted('bearer') },
      ...{
        HTTPS_PROXY: `http://me:${planted('proxy')}@127.0.0.1:1`,
        XRD_CONNECTIONRETRY: '1',
        XRD_CONNECTIONWINDOW: '1',
      },
    };
    await use({ sandbox, hidden: hiddenOf(sandbox.keytab ?? ''), cache, directory, env, config });
  });
}

/** All files below, as texts. */
async function textsBelow(directory: string): Promise<[file: string, text: string][]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (file) => [file, await readFile(file, 'latin1')] as [string, string]));
}

describe('secrets that were planted everywhere', () => {
  it('no command shows one, in success or failure, with all that it and libXrdCl log', async () => {
    await withSecrets(async ({ sandbox, hidden, cache, directory, env, config }) => {
      for (const [name, size] of [
        ['small', 3000],
        ['large', 3_000_000],
      ] as const)
        await writeRecord(cache, name, size);
      const good = await config(sandbox.url);
      const dead = await config(`root://127.0.0.1:${await closedPort()}//archive`);
      const refused = await config(sandbox.url, {
        token_file_path: undefined,
        token_use: undefined,
        keytab_file_path: join(directory, 'token'),
      });
      const unreadable = join(directory, 'broken.yaml');
      await writeFile(
        unreadable,
        `backup:\n  target_opaque: "key=${planted('opaque')}\n  pw: [${planted('later')}\n`,
      );
      const wrong = await config(sandbox.url, {
        target_opaque: `authz=${planted('opaque')}&authz=${planted('later')} ?`,
        http: planted('later').length,
      });
      const other = await config(`root://user:${planted('later')}@127.0.0.1//b`);
      // A full list takes half a minute; each needs what those before it have made.
      const commands = [
        ...[
          ['config', 'check'],
          ['backup'],
          ['ls'],
          ['verify', '--catalogue'],
          ['restore', '.', '--to', join(directory, 'back')],
        ],
        ...[
          ['find'],
          ['catalogue', 'status'],
          ['status'],
          ['verify'],
          ['drill', '--scratch', directory],
          ['stage', '.'],
          ['evict', '.'],
        ],
        ...[
          ['usage'],
          ['catalogue', 'check'],
          ['catalogue', 'export'],
          ['catalogue', 'rebuild', '--from', 'segments'],
        ],
      ].slice(0, scaled('commands', 7, 16));
      const runs: [string, string[]][] = [
        ...commands.map((args): [string, string[]] => [good, args]),
        ...commands
          .slice(0, scaled('commands without a server', 3, 12))
          .map((args): [string, string[]] => [dead, args]),
        ...[refused, unreadable, wrong, other].map((file): [string, string[]] => [file, ['ls']]),
        [good, ['restore', '.', '--to', `root://user:${planted('later')}@127.0.0.1:1//b`]],
        [good, ['restore', '.', '--to', `root://127.0.0.1:1//b?authz=${planted('later')}`]],
      ];
      const ended = new Map<string, number | null>();
      for (const [index, [file, args]] of runs.entries()) {
        const json = index % 2 === 0 ? ['--json'] : [];
        const { code, stdout, stderr } = await cli([...args, '-c', file, ...json, '--log-level', 'debug'], {
          env,
        });
        assertNone(
          hidden,
          stdout + stderr,
          `${args.join(' ')} (${String(code)})`.replaceAll(planted('later'), 'X'),
        );
        ended.set(`${file === good ? 'good' : 'bad'} ${args[0] ?? ''}`, code);
      }
      for (const name of ['config', 'backup', 'ls', 'verify', 'find', 'catalogue'])
        assert.equal(ended.get(`good ${name}`), 0, name);
      for (const name of ['backup', 'ls']) assert.ok((ended.get(`bad ${name}`) ?? 0) > 0, name);
      const kept = await textsBelow(cache);
      assert.ok(kept.some(([file]) => file.endsWith('.catalogue')));
      for (const [file, text] of [
        ...kept,
        ...(await textsBelow(sandbox.diskPath('.'))),
        ...(await textsBelow(join(directory, 'back'))),
      ])
        assertNone(hidden, text, file);
    });
  });

  it('the service shows none in its log, events, pages, mails and process', async () => {
    const mails = await mailServer();
    try {
      await withSecrets(async ({ sandbox, hidden, cache, env, config }) => {
        await writeRecord(cache, 'a', 3000);
        const port = await closedPort();
        const file = await config(sandbox.url, {
          ...{ copy_cron_string: '* * * * * *', stop_grace_seconds: 0, warning_mark_percent: 1 },
          ...{
            http: { port },
            mail: { host: '127.0.0.1', port: mails.port, from_addr: 'a@b.example', to_addrs: 'c@d.example' },
          },
        });
        const service = new RunningCli(['run', '--json', '-c', file, '--log-level', 'debug'], { env });
        try {
          await service.until(({ stdout }) => stdout.includes('"pass:finished"'));
          // What is rotten now fails each pass, is on the page and in a mail.
          await writeFile(join(cache, 'bad\nname'), 'x');
          await sandbox.stop();
          await service.until(({ stdout }) => /"pass:failed"|"error":\{/.test(stdout));
          await until(() => Promise.resolve(mails.mails.length > 0));
          const pages = await Promise.all(
            ['', 'status', 'metrics', 'healthz'].map(async (path) =>
              (await fetch(`http://127.0.0.1:${port}/${path}`)).text(),
            ),
          );
          assertNone(hidden, pages.join('\n'), 'pages');
          assertNone(hidden, mails.mails.map(({ text }) => text.replaceAll('=\r\n', '')).join('\n'), 'mails');
          for (const what of ['cmdline', 'comm'])
            assertNone(hidden, await readFile(`/proc/${String(service.child.pid)}/${what}`, 'latin1'), what);
        } finally {
          service.child.kill('SIGTERM');
          await service.ended;
        }
        assertNone(hidden, service.stdout + service.stderr, 'log and events');
        for (const [kept, text] of await textsBelow(cache)) assertNone(hidden, text, kept);
      });
    } finally {
      await mails.close();
    }
  });
});
