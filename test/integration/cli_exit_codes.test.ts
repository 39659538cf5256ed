import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { acquireLock } from '../../lib/cache/lock.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { cli, jsonLines, RunningCli } from '../support/cli.js';
import { silentListener } from '../support/silent.js';
import { withTemp } from '../support/temporary.js';

/** A cache with one record, used with what follows; afterwards the record must be as it was. */
async function withRecord(use: (cache: string, directory: string) => Promise<void>): Promise<void> {
  await withTemp(async (directory) => {
    const cache = path.join(directory, 'cache');
    await mkdir(cache);
    await writeFile(path.join(cache, 'record.h5'), 'precious');
    await use(cache, directory);
    assert.equal(await readFile(path.join(cache, 'record.h5'), 'utf8'), 'precious');
  });
}

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

const target = 'root://127.0.0.1:1//archive';

describe('exit code 2: bad usage or configuration', () => {
  const usage: [title: string, args: string[], told: RegExp][] = [
    ['no command', [], /Usage: xrootd-archive/],
    ['an unknown command', ['bakup'], /unknown command 'bakup'\n\(Did you mean backup\?\)/],
    ['an unknown subcommand', ['config', 'chek'], /\(Did you mean check\?\)/],
    ['an unknown option', ['backup', '--dry-rum'], /\(Did you mean --dry-run\?\)/],
    ['an argument too many', ['backup', 'now'], /too many arguments/],
    ['not a number', ['backup', '--settle-seconds', 'soon'], /must be a number/],
    [
      'an unknown log level',
      ['usage', '--log-level', 'loud'],
      /Allowed choices are error, warn, info, debug/,
    ],
    ['a global option of another command', ['--cache', '/c', 'sandbox'], /not an option of 'sandbox'/],
    ['no configuration', ['backup'], /name a file by --config, or cache and target by --cache and --target/],
    ['only a target', ['backup', '--target', target], /or cache and target by --cache and --target/],
    ['only a target: status', ['status', '--target', target], /or cache and target by --cache and --target/],
    ['a file that is not there', ['backup', '--config', '/nowhere.yaml'], /\/nowhere\.yaml does not exist/],
    ['a sandbox option out of range', ['sandbox', '--drives', '65'], /from 1 to 64/],
  ];
  for (const [title, args, told] of usage) {
    it(title, async () => {
      await withTemp(async (cwd) => {
        const { code, stdout, stderr } = await cli(args, { cwd });
        assert.match(stderr, told);
        assert.doesNotMatch(stderr, /^ +at /m);
        assert.deepEqual([code, stdout], [2, '']);
      });
    });
  }

  const options: [title: string, change: Record<string, string>, told: RegExp][] = [
    ['a missing cache', { '--cache': '/nowhere/cache' }, /--cache: \/nowhere\/cache does not exist/],
    ['a cache that is a file', { '--cache': '/etc/passwd' }, /--cache: \/etc\/passwd is not a directory/],
    ['an http target', { '--target': 'http://server/x' }, /--target: has the protocol http:\/\//],
    [
      'an unknown state',
      { '--auto-remove': 'always' },
      /--auto-remove: must be one of never, cached, backed_up/,
    ],
    ['a missing keytab', { '--keytab': '/nowhere/keytab' }, /--keytab: \/nowhere\/keytab does not exist/],
    ['a rate of nothing', { '--max-rate': '200' }, /--max-rate: must be a number from 100000/],
    ['too many copies', { '--parallel-copies': '1000' }, /--parallel-copies: must be a whole number/],
  ];
  for (const [title, change, told] of options) {
    for (const command of ['backup', 'status', 'config check']) {
      it(`${title}: ${command}`, async () => {
        await withRecord(async (cache) => {
          const given = Object.entries({ '--cache': cache, '--target': target, ...change }).flat();
          const { code, stdout, stderr } = await cli([...command.split(' '), ...given]);
          assert.match(stderr, told);
          assert.deepEqual([code, stdout], [2, '']);
        });
      });
    }
  }

  it('a keytab that others can read, with its mode', async () => {
    await withRecord(async (cache, directory) => {
      const keytab = path.join(directory, 'keytab');
      await writeFile(keytab, 'secret');
      await chmod(keytab, 0o644);
      const { code, stderr } = await cli([
        'backup',
        '--cache',
        cache,
        '--target',
        target,
        '--keytab',
        keytab,
      ]);
      assert.match(stderr, /--keytab: .*mode 0644.*chmod 600/);
      assert.doesNotMatch(stderr, /secret/);
      assert.equal(code, 2);
    });
  });

  it('an unknown key, with its line and the nearest known one', async () => {
    await withRecord(async (cache, directory) => {
      const config = path.join(directory, 'config.yaml');
      await writeFile(
        config,
        `backup:\n  cache_directory: ${cache}\n  target_url: ${target}\n  auto_remov: never\n`,
      );
      const { code, stderr } = await cli(['backup', '--config', config]);
      assert.match(stderr, /config\.yaml:4: backup\.auto_remov: is not known; did you mean auto_remove\?/);
      assert.equal(code, 2);
    });
  });

  for (const command of ['backup', 'status', 'usage']) {
    it(`a file that names no cache: ${command}`, async () => {
      await withTemp(async (directory) => {
        const config = path.join(directory, 'config.yaml');
        await writeFile(config, `backup:\n  target_url: ${target}\n`);
        const { code, stdout, stderr } = await cli([command, '--config', config]);
        assert.match(
          stderr,
          /config\.yaml:1: backup\.cache_directory: is missing: it must be the path of the cache/,
        );
        assert.deepEqual([code, stdout], [2, '']);
      });
    });
  }
});

describe('exit code 3: the server can not be reached, or refuses us', () => {
  async function assertUnreachable(args: string[], env = {}): Promise<void> {
    await withRecord(async (cache) => {
      const { code, stdout, stderr, seconds } = await cli([...args, '--cache', cache], { env });
      assert.equal(code, 3, stderr);
      assert.ok(seconds < 30, `${seconds} s`);
      assert.match(stderr, /cannot be reached|refuses us/);
      assert.doesNotMatch(stderr, /^ +at /m);
      if (args.includes('--json')) {
        const last = jsonLines(stdout).at(-1);
        assert.equal(last?.['type'], 'pass:finished');
      }
    });
  }

  it('a dead server, within 30 s', async () => {
    const { server, port } = await listening();
    server.close();
    await once(server, 'close');
    await assertUnreachable(['backup', '--json', '--target', `root://127.0.0.1:${port}//archive`]);
  });

  it('a server that accepts and stays silent, within 30 s: backup, status, ls', async () => {
    const silent = await silentListener();
    try {
      // Side by side: each waits for seconds.
      const commands = ['backup', 'status', 'ls'].map((command) =>
        assertUnreachable([command, '--target', `${silent.url}//archive`]),
      );
      for (const ended of await Promise.allSettled(commands))
        if (ended.status === 'rejected') throw ended.reason;
    } finally {
      silent.close();
    }
  });

  it('a server that does not exist', async () => {
    await assertUnreachable(['backup', '--target', 'root://no-such-host.invalid//archive']);
  });

  it('a server that wants to know us, and we know no way to tell', async () => {
    const extraConfig = ['xrootd.seclib libXrdSec.so', 'sec.protocol unix', 'sec.protbind * only unix'];
    await using sandbox = await TapeSandbox.start({ tapeFlags: false, extraConfig });
    await assertUnreachable(['backup', '--json', '--target', sandbox.url], { XrdSecPROTOCOL: 'sss' });
  });
});

describe('exit codes of passes that ran', () => {
  it('4: another pass holds the lock', async () => {
    await withRecord(async (cache) => {
      const lock = await acquireLock(cache);
      try {
        const { code, stderr } = await cli(['backup', '--cache', cache, '--target', target]);
        assert.match(stderr, new RegExp(`another pass is running: process ${process.pid} holds`));
        assert.equal(code, 4);
      } finally {
        await lock.release();
      }
    });
  });

  it('0: --wait waits for the other pass to end', async () => {
    await using sandbox = await TapeSandbox.start();
    await withRecord(async (cache) => {
      const lock = await acquireLock(cache);
      const waiting = new RunningCli(['backup', '--wait', '--cache', cache, '--target', sandbox.url]);
      await waiting.until(({ stderr }) => stderr.includes('waiting for its end: another pass is running'));
      await lock.release();
      const { code, stderr } = await waiting.ended;
      assert.equal(code, 0, stderr);
    });
  });

  it('1: a file failed; 0: none did', async () => {
    await using sandbox = await TapeSandbox.start();
    await withRecord(async (cache) => {
      const args = [
        'backup',
        '--cache',
        cache,
        '--target',
        sandbox.url,
        '--settle-seconds',
        '0',
        '--auto-remove',
        'never',
      ];
      const fine = await cli(args);
      assert.equal(fine.code, 0, fine.stderr);
      assert.match(fine.stdout, /^ {2}copied {5}1 /m);
      await symlink('/etc/passwd', path.join(cache, 'link'));
      const failed = await cli(args);
      assert.equal(failed.code, 1, failed.stderr);
      assert.match(failed.stdout, /Failed:\n {2}link: /);
    });
  });

  it('0: help and version were asked for', async () => {
    for (const [args, told] of [
      [['--help'], /Exit codes: 0 all as asked/],
      [['--version'], /^\d+\.\d+\.\d+/],
      [['backup', '--help'], /--dry-run/],
      [['help', 'config'], /check/],
    ] as const) {
      const { code, stdout, stderr } = await cli(args);
      assert.match(stdout, told);
      assert.deepEqual([code, stderr], [0, '']);
    }
  });
});
