import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Archive } from '../../lib/index.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { collect, recordsIn } from '../support/archive.js';
import { cli, jsonLines, type CliOptions, type Ended } from '../support/cli.js';
import { forgeKeytab, secretsOf, withoutKeys } from '../support/keytab.js';
import { ordinaryUser } from '../support/ordinary_user.js';
import { holdsRecord, writeRecord } from '../support/records.js';
import { withTemp } from '../support/temporary.js';

const child = (name: string): string => fileURLToPath(new URL(`./children/${name}.js`, import.meta.url));
const record = '2026/record.h5';
const size = 100_000;

/** One cache with one record, on a server that wants a key. libXrdCl reads its key once: every pass is a process. */
class Facility {
  readonly directory: string;
  readonly sandbox: TapeSandbox;
  readonly cache: string;

  constructor(directory: string, sandbox: TapeSandbox) {
    this.directory = directory;
    this.sandbox = sandbox;
    this.cache = path.join(directory, 'cache');
  }

  get keytab(): string {
    assert.ok(this.sandbox.keytab !== undefined);
    return this.sandbox.keytab;
  }

  readonly file = (name: string): string => path.join(this.directory, name);

  /** `xrootd-archive backup` with a configuration file that names the keytab. */
  backup(keytab: string | undefined, more: string[] = [], as: CliOptions = {}): Promise<Ended> {
    const config = this.file('config.yaml');
    const lines = [
      'backup:',
      `  cache_directory: ${this.cache}`,
      `  target_url: ${this.sandbox.url}`,
      '  settle_seconds: 0',
      '  auto_remove: never',
      ...(keytab === undefined ? [] : [`  keytab_file_path: ${keytab}`]),
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    const options = { ...as, env: { ...withoutKeys(this.directory), XRD_LOGLEVEL: 'Dump' } };
    return cli(['backup', '--config', config, '--log-level', 'debug', ...more], options);
  }

  /** The same by the library, an Archive for each keytab in turn. */
  async backups(...keytabs: string[]): Promise<Record<string, unknown>[]> {
    const args = [this.cache, this.sandbox.url, ...keytabs];
    const env = withoutKeys(this.directory);
    const { code, stdout, stderr } = await cli(args, { file: child('keyed_backups'), env });
    assert.equal(code, 0, stderr);
    return jsonLines(stdout);
  }

  /** The record is as it was, and the server knows nothing of it. */
  async assertUntouched(): Promise<void> {
    assert.deepEqual(await recordsIn(this.cache), [record]);
    assert.ok(await holdsRecord(path.join(this.cache, record), record, size));
    assert.equal(await this.sandbox.stateOf(record), undefined);
  }
}

async function withFacility(use: (facility: Facility) => Promise<void>): Promise<void> {
  await using sandbox = await TapeSandbox.start({ sss: true, rights: { forbidden: 'none', shown: 'read' } });
  await withTemp(async (directory) => {
    const facility = new Facility(directory, sandbox);
    await writeRecord(facility.cache, record, size);
    await use(facility);
  });
}

describe('authentication by keytab_file_path', () => {
  it('the right key opens the server, and is in no line of the log', async () => {
    await withFacility(async (facility) => {
      const { code, stdout, stderr } = await facility.backup(facility.keytab, ['--json']);
      assert.equal(code, 0, stderr);
      const report = jsonLines(stdout).at(-1)?.['report'] as Record<string, unknown>;
      assert.deepEqual([report['scanned'], report['copied'], report['failed']], [1, 1, 0]);
      assert.ok(await holdsRecord(facility.sandbox.diskPath(record), record, size));
      assertTellsNoKey(stdout + stderr, facility.keytab);
    });
  });

  const refused: [title: string, keytab: (facility: Facility) => string | undefined][] = [
    ['another key of the same name', ({ keytab, file }) => forgeKeytab(keytab, file('forged'))],
    ['no key at all', () => undefined],
  ];
  for (const [title, keytabOf] of refused) {
    for (const more of [[], ['--json']]) {
      it(`${title}: exit code 3 soon, nothing touched: backup ${more.join(' ')}`, async () => {
        await withFacility(async (facility) => {
          const keytab = keytabOf(facility);
          const { code, stdout, stderr, seconds } = await facility.backup(keytab, more);
          assert.equal(code, 3, stderr);
          assert.ok(seconds < 30, `${seconds} s`);
          assert.match(stderr, /AuthFailed[^]*refuses us: check keytab_file_path/);
          await facility.assertUntouched();
          assertTellsNoKey(stdout + stderr, facility.keytab);
          if (keytab !== undefined) assertTellsNoKey(stdout + stderr, keytab);
          if (more.length === 0) return;
          const { type, report } = jsonLines(stdout).at(-1) as { type: string; report: { error: unknown } };
          assert.equal(type, 'pass:finished');
          assert.equal((report.error as { code: string }).code, 'AuthFailed');
        });
      });
    }
  }

  it('the key of another server of the same kind is refused, too', async () => {
    await using other = await TapeSandbox.start({ sss: true, tapeFlags: false });
    await withFacility(async (facility) => {
      const { code, stderr } = await facility.backup(other.keytab);
      assert.equal(code, 3, stderr);
      await facility.assertUntouched();
    });
  });

  it('what the key has no right to fails with NotAuthorized, and stays', async () => {
    await withFacility(async (facility) => {
      for (const name of ['forbidden/record.h5', 'shown/record.h5'])
        await writeRecord(facility.cache, name, size);
      const { code, stdout, stderr } = await facility.backup(facility.keytab, [
        '--json',
        '--auto-remove',
        'cached',
      ]);
      assert.equal(code, 1, stderr);
      const report = jsonLines(stdout).at(-1)?.['report'] as Record<string, unknown>;
      assert.deepEqual([report['scanned'], report['copied'], report['failed']], [3, 1, 2]);
      const failures = report['failures'] as { path: string; code: string }[];
      assert.deepEqual(failures.map((failure) => `${failure.path} ${failure.code}`).sort(), [
        'forbidden/record.h5 NotAuthorized',
        'shown/record.h5 NotAuthorized',
      ]);
      assert.deepEqual(await recordsIn(facility.cache), ['forbidden/record.h5', 'shown/record.h5']);
      for (const name of await recordsIn(facility.cache)) {
        assert.ok(await holdsRecord(path.join(facility.cache, name), name, size));
        assert.equal(await facility.sandbox.stateOf(name), undefined);
      }
    });
  });
});

describe('a keytab that is no secret, or is none: exit code 2, nothing touched', () => {
  const bad: [title: string, make: (facility: Facility) => string, told: RegExp][] = [
    ['readable by all', (facility) => copy(facility, 0o644), /others \(mode 0644\): chmod 600/],
    ['readable by the group', (facility) => copy(facility, 0o640), /others \(mode 0640\): chmod 600/],
    ['missing', ({ file }) => file('gone'), /keytab_file_path: .*gone does not exist/],
    ['a directory', ({ directory }) => directory, /keytab_file_path: .* is not a regular file/],
  ];
  for (const [title, make, told] of bad) {
    it(title, async () => {
      await withFacility(async (facility) => {
        const { code, stdout, stderr } = await facility.backup(make(facility));
        assert.match(stderr, told);
        assert.deepEqual([code, stdout], [2, '']);
        assertTellsNoKey(stderr, facility.keytab);
        await facility.assertUntouched();
      });
    });
  }

  it('unreadable', async () => {
    await withFacility(async (facility) => {
      const keytab = copy(facility, 0o600);
      const asRoot = process.getuid?.() === 0;
      if (asRoot) {
        for (const place of [facility.cache, path.join(facility.cache, '2026')])
          chownSync(place, 65_534, 65_534);
        chmodSync(facility.directory, 0o755);
      } else chmodSync(keytab, 0);
      const { code, stdout, stderr } = await facility.backup(keytab, [], { user: ordinaryUser() });
      assert.match(stderr, /keytab_file_path: .* permission denied for this user/);
      assert.deepEqual([code, stdout], [2, '']);
      await facility.assertUntouched();
    });
  });
});

/** Whatever an Archive does, but for what asks no server. A method that isn't here doesn't compile. */
type Asking = Exclude<
  keyof Archive,
  'config' | 'on' | 'onAny' | 'put' | 'settled' | 'stop' | 'reconfigure' | 'usage' | 'find' | 'catalogue'
>;

describe('a keytab that others can read is refused by each method of an Archive, before it starts', () => {
  const calls: Record<Asking, (archive: Archive, to: string) => Promise<unknown>> = {
    backup: (archive) => archive.backup(),
    status: (archive) => collect(archive.status()),
    ls: (archive) => collect(archive.ls()),
    restore: (archive, to) => archive.restore(['.'], { to }),
    stage: (archive) => archive.stage(['.']),
    evict: (archive) => archive.evict(['.']),
    verify: (archive) => archive.verify(),
    drill: (archive, scratch) => archive.drill([], { scratch }),
    retention: (archive) => archive.retention(),
    rebuild: (archive) => archive.rebuild(),
    open: (archive) => archive.open('a'),
    waitUntilOnTape: (archive) => archive.waitUntilOnTape(['a']),
    start: (archive) => archive.start(),
  };
  for (const [method, call] of Object.entries(calls)) {
    it(method, async () => {
      await withTemp(async (directory) => {
        const file = (name: string) => path.join(directory, name);
        writeFileSync(file('keytab'), 'a key', { mode: 0o644 });
        const cache = file('cache');
        await writeRecord(cache, record, size);
        const archive = new Archive({
          cacheDirectory: cache,
          // Nobody listens there: a job that asks a server ends with another error.
          targetUrl: 'root://127.0.0.1:1//archive',
          keytabFilePath: file('keytab'),
          copyCronString: '0 0 * * *',
          retention: { onlineDirectory: cache, period: 'P1Y' },
          logLevel: 'error',
        });
        const started: string[] = [];
        archive.onAny(({ type }) => started.push(type));
        await assert.rejects(call(archive, file('to')), { name: 'ConfigError', message: /mode 0644/ });
        assert.deepEqual(started, []);
        assert.ok(!existsSync(file('to')));
        assert.deepEqual(readdirSync(cache), ['2026']);
      });
    });
  }
});

describe('another login of an Archive that is there', () => {
  for (const key of ['keytabFilePath', 'gsiProxyPath', 'tokenFilePath'] as const)
    it(`${key} is refused, and the old options stay`, () => {
      const options = { targetUrl: 'root://127.0.0.1:1//archive', logLevel: 'error' } as const;
      const archive = new Archive({ ...options, [key]: '/one' });
      assert.throws(
        () => {
          archive.reconfigure({ ...options, [key]: '/two' });
        },
        { name: 'ConfigError', message: `${key}: can be changed only by a new process` },
      );
      assert.equal(archive.config[key], '/one');
      archive.reconfigure({ ...options, [key]: '/one', targetOpaque: 'eos.app=other' });
      assert.equal(archive.config.targetOpaque, 'eos.app=other');
    });
});

describe('keytabs of Archives in one process', () => {
  it('one serves several Archives; a second one is a ConfigError, and the first goes on', async () => {
    await withFacility(async (facility) => {
      const { keytab } = facility;
      const other = copy(facility, 0o600);
      const [first, again, second, last] = await facility.backups(keytab, keytab, other, keytab);
      assert.deepEqual(first, { scanned: 1, copied: 1, kept: 0, failed: 0 });
      assert.deepEqual(again, { scanned: 1, copied: 0, kept: 1, failed: 0 });
      assert.deepEqual([second?.['name'], second?.['exitCode']], ['ConfigError', 2]);
      assert.match(String(second?.['message']), /keytabFilePath: this process already uses .*client\.keytab/);
      assert.deepEqual(last, again);
    });
  });

  it('one without a keytab is not let in by the keytab of another', async () => {
    await withFacility(async (facility) => {
      const { keytab } = facility;
      const [first, second, again] = await facility.backups(keytab, '-', keytab);
      assert.deepEqual(first, { scanned: 1, copied: 1, kept: 0, failed: 0 });
      assert.deepEqual([second?.['name'], second?.['code']], ['XRootDError', 'AuthFailed']);
      assert.deepEqual(again, { scanned: 1, copied: 0, kept: 1, failed: 0 });
    });
  });

  it('one with a keytab is not let in by the key that libXrdCl found by itself: ConfigError', async () => {
    await withFacility(async (facility) => {
      mkdirSync(facility.file('.xrd'));
      copyFileSync(facility.keytab, facility.file('.xrd/sss.keytab'));
      chmodSync(facility.file('.xrd/sss.keytab'), 0o600);
      const forged = forgeKeytab(facility.keytab, facility.file('forged'));
      const [first, second, again] = await facility.backups('-', forged, '-');
      assert.deepEqual(first, { scanned: 1, copied: 1, kept: 0, failed: 0 });
      assert.deepEqual([second?.['name'], second?.['exitCode']], ['ConfigError', 2]);
      assert.match(
        String(second?.['message']),
        /keytabFilePath: .*already logged in by SSS.*must be used first/,
      );
      assert.deepEqual(again, { scanned: 1, copied: 0, kept: 1, failed: 0 });
    });
  });

  it('a wrong key is an XRootDError', async () => {
    await withFacility(async (facility) => {
      const forged = forgeKeytab(facility.keytab, facility.file('forged'));
      const [first] = await facility.backups(forged);
      assert.deepEqual([first?.['name'], first?.['code']], ['XRootDError', 'AuthFailed']);
      await facility.assertUntouched();
    });
  });
});

function copy({ keytab, file }: Facility, mode: number): string {
  const made = file('copy.keytab');
  copyFileSync(keytab, made);
  chmodSync(made, mode);
  return made;
}

function assertTellsNoKey(output: string, keytab: string): void {
  for (const secret of secretsOf(keytab)) assert.ok(!output.includes(secret), 'the key is in the output');
}
