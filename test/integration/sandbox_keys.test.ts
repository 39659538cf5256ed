import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { CopyProcess, FileSystem, XRootDError } from '../../lib/xrdcl/index.js';
import { forgeKeytab, withoutKeys } from '../support/keytab.js';
import { withTemp } from '../support/temporary.js';

/** A client with a keytab, in a process of its own: libXrdCl reads a key once. Resolves with what it printed. */
async function withKeytab(keytab: string | undefined, program: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    ...withoutKeys('/nonexistent'),
    ...(keytab !== undefined && { XrdSecPROTOCOL: 'sss', XrdSecSSSKT: keytab }),
  };
  return (await promisify(execFile)(program, args, { env })).stdout;
}

function xrdfs(keytab: string | undefined, sandbox: TapeSandbox, ...args: string[]): Promise<string> {
  return withKeytab(keytab, 'xrdfs', sandbox.host, ...args);
}

const keysIn = (env: NodeJS.ProcessEnv) => Object.entries(env).filter(([name]) => name.startsWith('XrdSec'));

const refused = { stderr: /Auth failed/ };

async function isOffline(sandbox: TapeSandbox, path: string): Promise<boolean> {
  return (await xrdfs(sandbox.keytab, sandbox, 'stat', path)).includes('Offline');
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) assert.ok(Date.now() < deadline, 'not in 20 s');
}

describe('TapeSandbox: keys', () => {
  it('opens to its own key only, two in one process', async () => {
    await using first = await TapeSandbox.start({ sss: true, migrationDelay: 'never' });
    await using second = await TapeSandbox.start({ sss: true, migrationDelay: 'never' });
    await withTemp(async (directory) => {
      const forged = forgeKeytab(first.keytab ?? '', join(directory, 'forged'));
      for (const keytab of [undefined, second.keytab, forged])
        await assert.rejects(xrdfs(keytab, first, 'stat', '/archive'), refused);
    });
    for (const sandbox of [first, second]) {
      assert.match(await xrdfs(sandbox.keytab, sandbox, 'stat', '/archive'), /IsDir/);
      const { mode, uid } = statSync(sandbox.keytab ?? '');
      assert.deepEqual([mode & 0o777, uid], [0o600, process.getuid?.()]);
      assert.equal(
        sandbox.configSnippet(),
        `target_url: ${sandbox.url}\nkeytab_file_path: ${sandbox.keytab}`,
      );
    }
  });

  it('evicts with checksums cached, stages and evicts for clients, and leaves our own key to us', async () => {
    const before = keysIn(process.env);
    const options = { sss: true, migrationDelay: 'never' } as const;
    await using first = await TapeSandbox.start(options);
    await using second = await TapeSandbox.start(options);
    for (const sandbox of [first, second]) {
      const paths = Array.from({ length: 20 }, (_, i) => `f${i}`);
      await withTemp(async (directory) => {
        const files = paths.map((path) => join(directory, path));
        for (const file of files) writeFileSync(file, 'bytes');
        await withKeytab(sandbox.keytab, 'xrdcp', '-s', ...files, `${sandbox.url}/`);
      });
      assert.equal(await sandbox.migrateAll(), paths.length);
      await sandbox.evict(paths);
      assert.ok(await isOffline(sandbox, '/archive/f0'));
      const sum = await xrdfs(sandbox.keytab, sandbox, 'query', 'checksum', '/archive/f19?cks.type=crc32c');
      assert.match(sum, /^crc32c [0-9a-f]{8}/);
      await xrdfs(sandbox.keytab, sandbox, 'prepare', '-s', '/archive/f0');
      await until(async () => !(await isOffline(sandbox, '/archive/f0')));
      await xrdfs(sandbox.keytab, sandbox, 'prepare', '-e', '/archive/f0');
      await until(() => isOffline(sandbox, '/archive/f0'));
      const { keytab } = sandbox;
      await sandbox.stop();
      assert.equal(existsSync(keytab ?? ''), false);
    }
    assert.deepEqual(keysIn(process.env), before);
  });

  it('tells why it could not evict', async () => {
    await using sandbox = await TapeSandbox.start({
      sss: true,
      rights: { closed: 'none' },
      migrationDelay: 'never',
    });
    writeFileSync(sandbox.diskPath('closed'), 'bytes');
    await sandbox.migrateAll();
    await assert.rejects(sandbox.evict(['closed']), (error: unknown) => {
      assert.ok(error instanceof XRootDError, String(error));
      assert.deepEqual([error.code, error.operation], ['NotAuthorized', 'query checksum']);
      return true;
    });
  });

  it('has no key without sss', async () => {
    await using sandbox = await TapeSandbox.start({ tapeFlags: false });
    assert.equal(sandbox.keytab, undefined);
  });
});

describe('TapeSandbox: rights', () => {
  it('are none or read below a path, all elsewhere; without a key, too', async () => {
    const rights = { closed: 'none', 'dir/shown': 'read' } as const;
    await using sandbox = await TapeSandbox.start({ rights, migrationDelay: 'never' });
    const client = new FileSystem(`root://${sandbox.host}`);
    const denied = { code: 'NotAuthorized' };
    await client.mkdir('/archive/dir/open', { parents: true });
    await assert.rejects(client.stat('/archive/closed/f'), denied);
    await assert.rejects(client.mkdir('/archive/closed', { parents: true }), denied);
    await assert.rejects(client.stat('/archive/dir/shown/f'), { code: 'NotFound' });
    await assert.rejects(client.mkdir('/archive/dir/shown', { parents: true }), denied);
    await withTemp(async (directory) => {
      const source = join(directory, 'f');
      writeFileSync(source, 'bytes');
      const copies = new CopyProcess();
      for (const path of ['closed', 'dir/shown', 'dir/open'])
        copies.add({ source, target: `${sandbox.url}/${path}/f`, makeDir: true });
      const codes = (await copies.run()).map(({ error }) => error?.code);
      assert.deepEqual(codes, ['NotAuthorized', 'NotAuthorized', undefined]);
    });
  });
});
