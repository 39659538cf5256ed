/** Mail, metrics and the status page of a service: begun, changed and ended with it. */
import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Archive } from '../../lib/index.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import type { Status } from '../../lib/service/status_board.js';
import { keepingLogger } from '../support/archive.js';
import { closedPort } from '../support/ports.js';
import { configureService, makeServicePlace, RunningService } from '../support/service.js';
import { mailServer } from '../support/smtp.js';
import { withTemp } from '../support/temporary.js';

const SERVED = /metrics, health and status are served url=(http:\S+)/g;

describe('what watches a service', () => {
  it('is served as long as it runs, and as the configuration says when it is read anew', async () => {
    await using sandbox = await TapeSandbox.start({ tapeFlags: false });
    await withTemp(async (directory) => {
      const place = await makeServicePlace(directory, sandbox.url, { http: { port: 0 } });
      await using service = new RunningService(place);
      const urls = () => [...service.stderr.matchAll(SERVED)].map(([, url]) => url ?? '');
      await service.untilEvents('pass:finished');
      await service.until(() => urls().length > 0);
      const [url = assert.fail('nothing is served')] = urls();
      const status = (await (await fetch(`${url}/status`)).json()) as Status;
      assert.equal(status.cache, place.cache);
      assert.equal(status.passes[0]?.job, 'backup');
      assert.match(await (await fetch(`${url}/metrics`)).text(), /xrootd_archive_passes_total\{.*\} [1-9]/);

      const port = await closedPort();
      await configureService(place, sandbox.url, { http: { port } });
      service.child.kill('SIGHUP');
      await service.until(() => urls().includes(`http://127.0.0.1:${port}`));
      assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
      await assert.rejects(fetch(url));

      await configureService(place, sandbox.url, { http: { host: '192.0.2.1', port } });
      service.child.kill('SIGHUP');
      await service.until(({ stderr }) => /no metrics, health and status: .*EADDRNOTAVAIL/.test(stderr));
      await writeFile(path.join(place.cache, 'record'), 'bytes');
      await service.untilEvents('file:removed');
      service.child.kill('SIGTERM');
      assert.equal((await service.ended).code, 0);
    });
  });

  it('mails what a pass of the service met, and a mail server that is down hurts no pass', async () => {
    await using sandbox = await TapeSandbox.start({ tapeFlags: false });
    await withTemp(async (directory) => {
      const mail = { host: '127.0.0.1', from_addr: 'archive@example.org', to_addrs: 'ops@example.org' };
      const port = await closedPort();
      const place = await makeServicePlace(directory, sandbox.url, { mail: { ...mail, port } });
      await symlink('/etc/hostname', path.join(place.cache, 'link'));
      await writeFile(path.join(place.cache, 'record'), 'bytes');
      await using service = new RunningService(place);
      await service.until(({ stderr }) => /a mail could not be sent/.test(stderr));
      await service.untilEvents('file:removed');
      const server = await mailServer({ port });
      try {
        await service.until(({ stderr }) => /mail sent/.test(stderr));
        assert.deepEqual(
          server.mails.map(({ to }) => to),
          [['ops@example.org']],
        );
        assert.match(server.mails[0]?.text ?? '', /^ {2}link: /m);
        service.child.kill('SIGTERM');
        assert.equal((await service.ended).code, 0);
      } finally {
        await server.close();
      }
    });
  });

  it('ends when the service is stopped, in the process too', async () => {
    await withTemp(async (cacheDirectory) => {
      const { logger, lines } = keepingLogger();
      const port = await closedPort();
      const options = {
        cacheDirectory,
        targetUrl: 'root://server.invalid//base',
        copyCronString: '0 0 1 1 *',
      };
      const archive = new Archive({ ...options, http: { port } }, { logger });
      for (let i = 0; i < 2; i++) {
        await archive.start();
        assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
        await archive.stop();
        await assert.rejects(fetch(`http://127.0.0.1:${port}/healthz`));
      }
      await Promise.all([archive.start(), archive.stop()]);
      await assert.rejects(fetch(`http://127.0.0.1:${port}/healthz`));
      assert.deepEqual(
        lines.filter(({ level }) => level === 'error'),
        [],
      );
    });
  });
});
