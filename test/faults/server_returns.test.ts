/** A server that dies in the middle of a copy and comes back, and a service whose server is away: nothing is lost, and it is told. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeze } from '../../lib/sandbox/frozen.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import type { Status } from '../../lib/service/status_board.js';
import { recordsIn } from '../support/archive.js';
import { tellFigure } from '../support/figures.js';
import { namesOf, underWay, withUnderWay } from '../support/commands_under_way.js';
import { holdsRecord } from '../support/records.js';
import { makeServicePlace, RunningService } from '../support/service.js';
import { until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';
import { scaled } from '../support/tier.js';

/** Seconds that the server is away. */
const away = 5;

describe('a server that dies in the middle of a command and comes back after 5 s', function () {
  const commands = ['backup, large records', 'restore, large records'] as const;

  for (const name of commands)
    it(`${name}: it goes on, or says that the server was gone, and nothing is lost`, async function () {
      // Half a minute each.
      if (scaled(`${name}, with a server that comes back`, 0, 1) === 0) this.skip();
      const command = underWay.find((each) => each.name === name) ?? assert.fail();
      await withTemp((directory) =>
        withUnderWay(command, directory, async (running, place) => {
          const began = performance.now();
          await place.sandbox.kill();
          await sleep(away * 1000);
          await place.sandbox.restart();
          const { code, stderr } = await running.ended;
          const seconds = (performance.now() - began) / 1000;
          tellFigure(`${name}, back after ${away} s`, seconds, `exit ${String(code)}`);
          // On a slow machine the attempts are over before it is back.
          assert.ok(code === 0 || code === 3, stderr);
          assert.match(stderr, /WARN/);
          const records = command.archived ?? command.waiting;
          for (const each of namesOf(records)) {
            const held = await Promise.all(
              [path.join(place.cache, each), place.sandbox.diskPath(each)].map((file) =>
                holdsRecord(file, each, records?.size ?? 0).catch(() => false),
              ),
            );
            assert.ok(held.includes(true), `${each} is lost`);
          }
        }),
      );
    });
});

describe('a service whose server is away', () => {
  const deaths = ['is killed', 'falls silent'] as const;

  for (const how of deaths.slice(0, scaled('ways in which the server of a service dies', 1, 2)))
    it(`${how}: the page is up and says so, it stays healthy, and goes on when the server is back`, async () => {
      await using sandbox = await TapeSandbox.start({ tapeFlags: false });
      await withTemp(async (directory) => {
        const place = await makeServicePlace(directory, sandbox.url, { http: { port: 0 } });
        await using service = new RunningService(place);
        await service.untilEvents('pass:finished');
        await service.until(({ stderr }) => stderr.includes('status are served'));
        const [, url = assert.fail()] = /status are served url=(http:\S+)/.exec(service.stderr) ?? [];
        const died = performance.now();
        if (how === 'is killed') await sandbox.kill();
        else freeze(sandbox.pid ?? NaN);
        const status = async () => (await (await fetch(`${url}/status`)).json()) as Status;
        const gone = /ping root:.*(cannot connect|fell silent|no answer in time)/;
        let error: { message: string } | undefined;
        // A pass that was under way when the server died tells of another request.
        await until(async () => gone.test((error = (await status()).passes[0]?.error)?.message ?? ''));
        const seconds = (performance.now() - died) / 1000;
        tellFigure(`service, ${how}`, seconds, error?.message);
        assert.ok(seconds < 80, `${seconds} s`);
        const page = await (await fetch(url)).text();
        assert.ok(page.includes((error?.message ?? '').slice(0, 20)), page);
        assert.equal((await fetch(`${url}/healthz`)).status, 200);
        if (how === 'is killed') await sandbox.restart();
        else process.kill(sandbox.pid ?? NaN, 'SIGCONT');
        await writeFile(path.join(place.cache, 'record'), 'bytes');
        await service.untilEvents('file:removed');
        assert.deepEqual(await recordsIn(place.cache), []);
        await until(async () => (await status()).passes[0]?.error === undefined);
      });
    });
});
