/**
 * The status page in a real browser, during a pass. `STATUS_PAGE_PNG=docs/status-page.png` keeps what it looked like, and beside it
 * status-page-phone.png.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { copyFile, mkdir, readFile, symlink } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { withSharedArchive } from '../support/archive.js';
import { until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

const exec = promisify(execFile);
const MIB = 1024 * 1024;

async function browser(): Promise<string | undefined> {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome'])
    if (await exec(name, ['--version']).catch(() => undefined)) return name;
  return undefined;
}

/** What the browser says on standard output. */
async function browse(name: string, profile: string, url: string, ...flags: string[]): Promise<string> {
  const usual = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--hide-scrollbars',
  ];
  const args = [...usual, `--user-data-dir=${profile}`, '--window-size=1000,960', ...flags, url];
  const { stdout } = await exec(name, args, { timeout: 60_000 });
  return stdout;
}

/** Requests for the page that this process got meanwhile. */
async function requestsDuring(use: () => Promise<void>): Promise<number> {
  let count = 0;
  const hear = (message: unknown) => {
    if ((message as { request: IncomingMessage }).request.url === '/') count++;
  };
  subscribe('http.server.request.start', hear);
  await use().finally(() => {
    unsubscribe('http.server.request.start', hear);
  });
  return count;
}

/** Its `<main>` as words. */
const IN_FLIGHT = /2026\/03\/14\/shot-\d+\.h5 [\d.]+ (?:M|k)?B of 16\.8 MB/;

/** There is none for a moment when all that were copied are being compared. */
async function withFileInFlight(look: () => Promise<string>): Promise<string> {
  let page = '';
  await until(async () => IN_FLIGHT.test((page = words(await look()))));
  return page;
}

function words(dom: string): string {
  const main = /<main[^>]*>(.*)<\/main>/s.exec(dom)?.[1] ?? assert.fail(dom);
  return main.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

describe('the status page in a browser', () => {
  it('shows a pass that runs, with and without JavaScript', async function () {
    const name = await browser();
    if (name === undefined) this.skip();
    await withTemp(async (directory) => {
      await withSharedArchive(async ({ archive, cache, lines, sandbox }) => {
        // Slow enough for three looks.
        const watched = archive({ http: { port: 0 }, copyCronString: '0 3 1 1 *', maxRate: 10 * MIB });
        await watched.start();
        const stop = new AbortController();
        let pass: Promise<unknown> | undefined;
        const seen: string[] = [];
        try {
          for (let i = 0; i < 5; i++) await watched.put(`2026/03/13/shot-${i}.h5`, Buffer.alloc(MIB, i));
          await mkdir(path.join(cache, 'calibration'));
          await symlink('/etc/hostname', path.join(cache, 'calibration', 'latest'));
          await watched.backup();
          for (let i = 0; i < 40; i++)
            await watched.put(`2026/03/14/shot-${i}.h5`, Buffer.alloc(16 * MIB, i));
          const copied = new Promise((resolve) => watched.on('file:copied', resolve));
          pass = watched.backup({ signal: stop.signal });
          await copied;

          const url = lines.find(({ fields }) => 'url' in fields)?.fields['url'] as string;
          const png = path.join(directory, 'status-page.png');
          await browse(name, directory, url, `--screenshot=${png}`);
          const image = await readFile(png);
          assert.deepEqual([image.readUInt32BE(16), image.readUInt32BE(20)], [1000, 960]);
          const looks = await requestsDuring(async () => {
            seen.push(
              await withFileInFlight(() =>
                browse(name, directory, url, '--dump-dom', '--virtual-time-budget=5000'),
              ),
            );
          });
          assert.ok(looks >= 2, 'the script loads the numbers anew');
          // As it is without JavaScript.
          seen.push(await withFileInFlight(async () => (await fetch(url)).text()));
          for (const page of seen) {
            assert.match(page, /backup has been running for [\d.]+ s/);
            assert.match(page, /[1-9]\d* of 45 files, .* in flight/);
            assert.match(page, IN_FLIGHT);
            assert.match(page, /The next pass is planned for \d{4}-01-01 03:00:00/);
            assert.match(page, /5 records in the cache without an identical copy on tape/);
            assert.match(page, /calibration\/latest NotARecord/);
            assert.ok(page.includes(sandbox.url));
            assert.doesNotMatch(page, /does not answer/);
          }
          // On a phone nothing is wider than the screen: tables move within their section.
          const phone = path.join(directory, 'phone.png');
          await browse(name, directory, url, '--window-size=390,1400', `--screenshot=${phone}`);
          // Both passes have told the catalogue of their records.
          const find = await fetch(`${url}/find?q=03%2F13%2Fshot`);
          assert.match(find.headers.get('content-security-policy') ?? '', /form-action 'self'/);
          const found = await find.text();
          for (let i = 0; i < 5; i++) assert.ok(found.includes(`2026/03/13/shot-${i}.h5`), found);
          assert.ok(!found.includes('2026/03/14'), found);
          const none = await (await fetch(`${url}/find?q=${encodeURIComponent('<b>"nothing')}`)).text();
          assert.match(none, /The catalogue has no such record\./);
          assert.ok(none.includes('value="&lt;b&gt;&quot;nothing"') && !none.includes('<b>'), none);
          const keep = process.env['STATUS_PAGE_PNG'];
          if (keep !== undefined) await copyFile(phone, keep.replace(/\.png$/, '-phone.png'));
          if (keep !== undefined) await copyFile(png, keep);
        } finally {
          stop.abort();
          await pass;
          await watched.stop();
        }
      });
    });
  });
});
