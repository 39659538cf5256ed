/** examples/ingest-service, as its README says: a process of its own, curl and other clients, a sandbox. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { RunningCli } from '../support/cli.js';
import { filesBelow } from '../support/cli_tape.js';
import { EventStream } from '../support/event_stream.js';
import { withTemp } from '../support/temporary.js';

const exec = promisify(execFile);
const example = fileURLToPath(new URL('../../../examples/ingest-service/', import.meta.url));

interface Service {
  url: string;
  sandbox: TapeSandbox;
  /** Holds server.js, as it does for whoever follows the README. */
  directory: string;
  cache: string;
  running: RunningCli;
  events: EventStream;
}

/** The service with the example's own configuration, but for the server's port and a directory of the test. */
async function withService(use: (service: Service) => Promise<void>): Promise<void> {
  await using sandbox = await TapeSandbox.start({ migrationDelay: 'never' });
  await withTemp(async (directory) => {
    const cache = path.join(directory, 'cache');
    await mkdir(cache);
    const yaml = await readFile(path.join(example, 'archive.yaml'), 'utf8');
    assert.match(yaml, /root:\/\/127\.0\.0\.1:10940\/\/archive/);
    const config = path.join(directory, 'archive.yaml');
    const here = yaml.replace('root://127.0.0.1:10940//archive', sandbox.url);
    await writeFile(config, `${here}  stage_poll_min_seconds: 0.1\n`);
    await writeFile(path.join(directory, 'server.js'), await readFile(path.join(example, 'server.js')));
    const running = new RunningCli([config, '0'], { file: path.join(example, 'server.js'), cwd: directory });
    try {
      await running.until(({ stdout }) => stdout.includes('\n'));
      const url = running.stdout.trim();
      const events = await EventStream.of(`${url}/events`);
      await use({ url, sandbox, directory, cache, running, events });
    } finally {
      running.child.kill('SIGKILL');
      await running.ended;
    }
  });
}

/** The commands of the README's last block. */
async function commands(): Promise<string[]> {
  const readme = await readFile(path.join(example, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);
  return blocks.at(-1)?.trimEnd().split('\n') ?? [];
}

describe('examples/ingest-service', () => {
  it("does what its README says, by the README's own commands", async () => {
    await withService(async ({ url, sandbox, directory, cache, events }) => {
      const [upload, pass, restore, download, remove] = await commands();
      const run = async (command: string | undefined): Promise<unknown> => {
        const here = (command ?? assert.fail()).replace('http://127.0.0.1:8080', url);
        const { stdout } = await exec('sh', ['-ec', here], { cwd: directory });
        return stdout === '' ? undefined : JSON.parse(stdout);
      };
      const bytes = await readFile(path.join(directory, 'server.js'));
      const { size, checksum } = (await run(upload)) as { size: number; checksum: { type: string } };
      assert.deepEqual([size, checksum.type], [bytes.length, 'adler32']);
      assert.deepEqual(await filesBelow(cache), ['2026/shot-1.h5']);

      // Until tape has it, passes keep the file.
      assert.deepEqual(await run(pass), { started: true });
      await events.until(({ type }) => type === 'backup:ended');
      assert.equal((await events.until(({ type }) => type === 'file:copied'))['path'], '2026/shot-1.h5');
      assert.deepEqual(await filesBelow(cache), ['2026/shot-1.h5']);
      await sandbox.migrateAll();
      const before = events.heard.length;
      assert.deepEqual(await run(pass), { started: true });
      await events.until(({ type }) => type === 'backup:ended', before);
      assert.deepEqual(await filesBelow(cache), []);
      await sandbox.evict(['2026/shot-1.h5']);

      assert.deepEqual(await run(restore), { path: '2026/shot-1.h5' });
      await events.until(({ type }) => type === 'stage:requested');
      await events.until(({ type, path }) => type === 'restore:here' && path === '2026/shot-1.h5');
      assert.equal(await run(download), undefined);
      assert.deepEqual(await readFile(path.join(directory, 'back.h5')), bytes);
      assert.deepEqual(await run(remove), { deleted: '2026/shot-1.h5' });
      assert.deepEqual(await readdir(path.join(directory, 'restored')), []);
    });
  });

  it('keeps nothing of what it refuses, and answers as the README says', async () => {
    await withService(async ({ url, cache, running, events }) => {
      const put = async (name: string, body: string | Buffer, headers: Record<string, string> = {}) =>
        (await fetch(`${url}/records/${name}`, { method: 'PUT', body, headers })).status;
      assert.equal(await put('a%20b.h5', 'bytes', { 'x-checksum': 'adler32:066c0228' }), 201);
      assert.equal(await put('a%20b.h5', randomBytes(8 * 1024 * 1024)), 409);
      assert.equal(await put('c.h5', 'bytez', { 'x-checksum': 'adler32:066c0228' }), 422);
      assert.equal(await put('c.h5', 'bytes', { 'x-checksum': 'adler33:066c0228' }), 400);
      assert.equal(await put('..%2Fc.h5', 'bytes'), 400);
      assert.equal(await put('%E0%A4%A', 'bytes'), 400);
      assert.equal(await put('', 'bytes'), 400);
      // What can be restored is in the catalogue, which the first pass makes.
      assert.equal((await fetch(`${url}/backup`, { method: 'POST' })).status, 202);
      await events.until(({ type }) => type === 'backup:ended');
      for (const [name, status] of [
        ['none.h5', 404],
        ['.', 400],
        ['', 400],
        ['..%2Fa', 400],
      ] as const)
        assert.equal((await fetch(`${url}/restores/${name}`, { method: 'POST' })).status, status, name);
      assert.equal((await fetch(`${url}/restores/none.h5`)).status, 404);
      assert.equal((await fetch(`${url}/elsewhere`)).status, 404);

      // An upload that breaks off.
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write('PUT /records/cut.h5 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nbegin');
      const incoming = async () => (await readdir(cache)).filter((name) => name.includes('incoming'));
      while ((await incoming()).length === 0) await new Promise(setImmediate);
      socket.destroy();
      while ((await incoming()).length > 0) await new Promise(setImmediate);
      assert.deepEqual(await filesBelow(cache), ['a b.h5']);

      running.child.kill('SIGTERM');
      await events.ended();
      assert.equal((await running.ended).code, 0);
    });
  });
});
