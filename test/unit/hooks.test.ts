/** Hooks that the system or the web refuses. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { callHooks } from '../../lib/service/hooks.js';
import { jsonLines } from '../support/cli.js';
import { reportOf } from '../support/reports.js';

const script = fileURLToPath(new URL('./children/hook_in_trouble.js', import.meta.url));

/** @returns the lines of a process that has ended by itself, with exit code 0 */
async function told(refused: 'descriptors' | 'kill'): Promise<Record<string, unknown>[]> {
  const command = 'ulimit -n 64; exec "$@"';
  const words = ['-c', command, 'sh', process.execPath, script, refused];
  const { stdout } = await promisify(execFile)('/bin/sh', words, { timeout: 60_000 }).catch(
    (error: unknown) => {
      for (const pid of pidsOf((error as { stdout: string }).stdout)) process.kill(pid, 'SIGKILL');
      throw error;
    },
  );
  return jsonLines(stdout);
}

function pidsOf(stdout: string): number[] {
  return jsonLines(stdout).flatMap(({ pid }) => (typeof pid === 'number' ? [pid] : []));
}

describe('a hook', () => {
  it('for which no descriptor is left fails, and the process goes on', async () => {
    const [failed, ...rest] = await told('descriptors');
    assert.match(String(failed?.['failed']), /EMFILE/);
    assert.deepEqual(rest, [{ alive: true }]);
  });

  it('that cannot be killed fails at its timeout, and does not keep the process', async () => {
    const [{ pid } = {}, failed, ...rest] = await told('kill');
    process.kill(Number(pid), 'SIGKILL');
    assert.match(String(failed?.['failed']), /it could not be killed after 1 s \(hooks\.timeout_seconds\)/);
    assert.deepEqual(rest, [{ alive: true }]);
  }).timeout(90_000);

  for (const status of [301, 302, 303, 307])
    it(`at an address that moves it elsewhere (${status}) fails: the report has not come there`, async () => {
      const asked: string[] = [];
      const server = createServer(({ method, url }, response) => {
        asked.push(`${method} ${url}`);
        response.writeHead(url === '/old' ? status : 204, { location: '/new' }).end();
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/old`;
      const failures: string[] = [];
      const config = { url, format: 'report', onlyFailures: false, timeoutSeconds: 60 } as const;
      try {
        await Promise.all(
          callHooks(config, reportOf(), () => (error) => {
            failures.push(String(error));
          }),
        );
      } finally {
        server.closeAllConnections();
        server.close();
      }
      assert.deepEqual(failures, [`Error: it answered with status ${status}`]);
      assert.deepEqual(asked, ['POST /old']);
    });
});
