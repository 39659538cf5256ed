/** Hooks and metrics after a pass: called with its report, and never able to hurt it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Report } from '../../lib/index.js';
import { counts, withSharedArchive, type Line } from '../support/archive.js';
import { cli } from '../support/cli.js';
import { writeRecord } from '../support/records.js';
import { withTemp } from '../support/temporary.js';

interface Call {
  path: string;
  type: string | undefined;
  authorization: string | undefined;
  body: string;
}

/** A web service. `/silent…` answers nothing, `/refuse…` with 500. */
async function withWeb(use: (url: string, calls: Call[], server: Server) => Promise<void>): Promise<void> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const path = request.url ?? '';
      const { 'content-type': type, authorization } = request.headers;
      calls.push({ path, type, authorization, body });
      if (path.startsWith('/silent')) return;
      response.writeHead(path.startsWith('/refuse') ? 500 : 200).end('thank you');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, server);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

const secret = 'T0-B0-very-secret';

function warnings(lines: readonly Line[]): string[] {
  assert.ok(!JSON.stringify(lines).includes(secret), 'the log has the secret');
  return lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
}

describe('after a pass', () => {
  it('a command and a URL get its report; dry runs, chosen records and restores call nothing', async () => {
    await withWeb(async (web, calls) => {
      await withTemp(async (directory) => {
        const program = join(directory, 'program');
        await writeFile(
          program,
          `#!/bin/sh\n(echo "$1 $XROOTD_ARCHIVE_JOB $XROOTD_ARCHIVE_OUTCOME"; cat) > "$0.told"\n`,
        );
        await chmod(program, 0o755);
        await withSharedArchive(async ({ cache, archive }) => {
          await writeRecord(cache, 'r', 100);
          const hooks = { command: [program, '$HOME'], url: `${web}/${secret}`, failureUrl: `${web}/bad` };
          const it = archive({ hooks, metricsTextfile: join(directory, 'm.prom') });
          await it.backup({ dryRun: true });
          await it.backup({ paths: ['r'] });
          await it.restore(['.'], { to: join(directory, 'back') });
          await it.settled();
          assert.equal(calls.length, 0);
          const report = await it.backup();
          await it.settled();
          assert.deepEqual(counts(report), { scanned: 1, kept: 1 });
          const [call, ...others] = [...calls] as Call[];
          assert.deepEqual([call?.path, call?.type, others], [`/${secret}`, 'application/json', []]);
          assert.deepEqual(JSON.parse(call?.body ?? ''), JSON.parse(JSON.stringify(report)));
          const [words, json] = (await readFile(`${program}.told`, 'utf8')).split('\n');
          assert.equal(words, '$HOME backup ok');
          assert.deepEqual((JSON.parse(json ?? '') as Report).job, 'backup');
          assert.match(await readFile(join(directory, 'm-backup.prom'), 'utf8'), /outcome="ok"\} 1\n/);
        });
      });
    });
  });

  it('one that did not end well goes to failure_url, as people read it', async () => {
    await withWeb(async (web, calls) => {
      await withSharedArchive(async ({ cache, archive }) => {
        await writeRecord(cache, 'what?.h5', 100);
        const hooks = { url: `${web}/good`, failureUrl: `${web}/bad`, format: 'slack' } as const;
        const it = archive({ hooks });
        await it.backup();
        await it.settled();
        assert.deepEqual(
          calls.map(({ path }) => path),
          ['/bad'],
        );
        const { text } = JSON.parse(calls[0]?.body ?? '') as { text: string };
        assert.match(text, /^backup failures: 0 copied, .* 1 failed.*\nwhat\?\.h5: /);
        const quiet = archive({ hooks: { url: `${web}/good`, onlyFailures: true }, exclude: 'what*' });
        await quiet.backup();
        await quiet.settled();
        assert.equal(calls.length, 1);
      });
    });
  });

  it('a pass that could not begin goes to failure_url; one that was refused because of another does not', async () => {
    await withWeb(async (web, calls) => {
      await withSharedArchive(async ({ cache, archive }) => {
        await writeRecord(cache, 'r', 100);
        const hooks = { url: `${web}/good`, failureUrl: `${web}/bad` };
        const unmounted = archive({ hooks, cacheMountPoint: cache });
        await assert.rejects(unmounted.backup({ dryRun: true }), { code: 'ConfigError' });
        await assert.rejects(unmounted.backup({ paths: ['r'] }), { code: 'ConfigError' });
        await unmounted.settled();
        assert.equal(calls.length, 0);
        await assert.rejects(unmounted.backup(), { code: 'ConfigError' });
        await assert.rejects(unmounted.verify(), { code: 'ConfigError' });
        await unmounted.settled();
        const told = calls.map(({ path, body }) => ({ path, ...(JSON.parse(body) as Report) }));
        assert.deepEqual(told.map(({ path, job, error }) => [path, job, error?.code]).sort(), [
          ['/bad', 'backup', 'ConfigError'],
          ['/bad', 'verify', 'ConfigError'],
        ]);
        const it = archive({ hooks });
        const passes = await Promise.allSettled([it.backup(), it.backup()]);
        await it.settled();
        assert.deepEqual(passes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
        assert.deepEqual(
          calls.slice(2).map(({ path }) => path),
          ['/good'],
        );
      });
    });
  });

  it('whatever is wrong with it, the pass has ended before, and the log tells no secret', async () => {
    await withWeb(async (web) => {
      await withSharedArchive(async ({ cache, archive, lines }) => {
        await writeRecord(cache, 'r', 100);
        const gone = `http://user:${secret}@127.0.0.1:1/${secret}`;
        const bad = [
          { command: ['/nonexistent/program'], url: `${web}/silent/${secret}`, timeoutSeconds: 1 },
          { command: ['/bin/sh', '-c', 'echo no >&2; exit 3'], url: `${web}/refuse/${secret}` },
          { command: ['/bin/sh', '-c', 'sleep 600 & sleep 600'], timeoutSeconds: 1 },
          { command: ['/bin/true'], url: gone },
        ];
        for (const hooks of bad) {
          const it = archive({ hooks, metricsTextfile: `/nonexistent/${hooks.command.length}.prom` });
          const report = await it.backup();
          assert.deepEqual([report.failed, report.error], [0, undefined]);
          await it.settled();
        }
        const told = warnings(lines).filter((text) => /hook|node_exporter/.test(text));
        const wanted = [
          /^the hook \/nonexistent\/program failed: .*ENOENT/,
          /^the hook at 127\.0\.0\.1:\d+ failed: no answer within 1 s/,
          /^the hook \/bin\/sh failed: it ended with exit code 3: no$/,
          /^the hook at 127\.0\.0\.1:\d+ failed: it answered with status 500$/,
          /^the hook \/bin\/sh failed: it was killed after 1 s/,
          /^the hook at 127\.0\.0\.1:1 failed: \w+$/,
        ];
        for (const each of wanted)
          assert.equal(told.filter((text) => each.test(text)).length, 1, `${each}: ${told.join('\n')}`);
        assert.equal(
          told.filter((text) => text.startsWith('the metrics for node_exporter failed')).length,
          bad.length,
        );
      });
    });
  });

  it('name and password in a URL go as basic authentication', async () => {
    await withWeb(async (web, calls) => {
      await withSharedArchive(async ({ archive, lines }) => {
        const url = web.replace('//', `//us%40er:${secret}%3A@`);
        const it = archive({ hooks: { url: `${url}/topic` } });
        await it.backup();
        await it.settled();
        assert.deepEqual(
          warnings(lines).filter((text) => text.includes('hook')),
          [],
        );
        const [call] = calls;
        const said = Buffer.from(call?.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
        assert.deepEqual([call?.path, said], ['/topic', `us@er:${secret}:`]);
      });
    });
  });

  it('a metrics file that is a pipe nobody writes to holds nobody up, and is replaced', async () => {
    await withTemp(async (directory) => {
      await withSharedArchive(async ({ cache, archive }) => {
        await writeRecord(cache, 'r', 100);
        const file = join(directory, 'm-backup.prom');
        execFileSync('mkfifo', [file]);
        const it = archive({ metricsTextfile: join(directory, 'm.prom') });
        await it.backup();
        await it.settled();
        assert.match(await readFile(file, 'utf8'), /outcome="ok"\} 1\n/);
      });
    });
  });

  it('the command waits for it, and its exit code is that of the pass', async () => {
    await withWeb(async (web, calls) => {
      await withTemp(async (directory) => {
        await withSharedArchive(async ({ sandbox, cache }) => {
          const config = join(directory, 'config.yaml');
          const hooks = { url: `${web}/${secret}`, timeout_seconds: 20 };
          const backup = { cache_directory: cache, target_url: sandbox.url, hooks };
          await writeFile(config, JSON.stringify({ backup }));
          const { code, stderr } = await cli(['backup', '--config', config]);
          assert.equal(code, 0, stderr);
          assert.deepEqual(
            calls.map(({ path }) => path),
            [`/${secret}`],
          );
          const check = await cli(['config', 'check', '--config', config]);
          assert.equal(check.code, 0, check.stderr);
          assert.ok(!check.stdout.includes(secret) && check.stdout.includes('***'), check.stdout);
        });
      });
    });
  });
});
