import assert from 'node:assert/strict';
import { appendFile, mkdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cli, jsonLines } from '../support/cli.js';
import { filesBelow, withTape } from '../support/cli_tape.js';

const records = { '2019/a': 'the first', '2020/b': 'the second', 'kept/c': 'the third' };

describe('the command retention', () => {
  it('lists what would go, and removes it once that is confirmed', async () => {
    await withTape(records, {}, async ({ cache, config, run }) => {
      const online = path.join(path.dirname(config), 'online');
      for (const [name, text] of Object.entries(records)) {
        const file = path.join(online, name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, text);
        await utimes(file, 1.5e9, 1.5e9);
      }
      await appendFile(config, '  retention: {online_directory: online, period: P3Y, hold: kept}\n');

      // They are offline, on a tape that knows nothing but adler32.
      const weak = await run('retention', '--dry-run');
      assert.match(weak.stdout, /^ {2}only adler32 could be compared, which is no proof +2$/m);
      assert.match(weak.stdout, /stage them.*trust_adler32/);
      await appendFile(config, '  trust_adler32: true\n');

      const dry = await run('retention', '--dry-run');
      assert.equal(dry.code, 0, dry.stderr);
      assert.match(dry.stdout, /^2017-07-14 +9 B {2}2019\/a$/m);
      assert.match(dry.stdout, /^2017-07-14 +10 B {2}2020\/b$/m);
      assert.doesNotMatch(dry.stdout, /kept\/c/);
      assert.match(dry.stdout, /^Retention, dry run finished/m);

      const told = await run('retention', '--json');
      assert.equal(told.code, 0, told.stderr);
      const events = jsonLines(told.stdout);
      assert.deepEqual(
        events
          .filter(({ type }) => type === 'file:removable')
          .map((event) => event['path'])
          .sort(),
        ['2019/a', '2020/b'],
      );
      const report = events.at(-1)?.['report'] as Record<string, unknown>;
      assert.deepEqual([report['job'], report['unconfirmed'], report['dryRun']], ['retention', true, true]);
      assert.equal((await filesBelow(online)).length, 3);

      const both = await run('retention', '--dry-run', '--confirm');
      assert.equal(both.code, 2);

      const confirmed = await run('retention', '--confirm');
      assert.equal(confirmed.code, 0, confirmed.stderr);
      assert.match(confirmed.stdout, /^ {2}removed +2 +19 B$/m);
      assert.doesNotMatch(confirmed.stdout, /copied/);
      assert.deepEqual(await filesBelow(online), ['kept/c']);
      assert.deepEqual(await filesBelow(cache), []);

      const next = await run('retention');
      assert.equal(next.code, 0, next.stderr);
      assert.match(next.stdout, /on hold +1/);
    });
  });

  it('without settings, or with such as can’t be meant, is a bad configuration, which config check tells', async () => {
    await withTape({}, {}, async ({ config, run }) => {
      const none = await run('retention');
      assert.equal(none.code, 2);
      assert.match(none.stderr, /retention: is missing/);
      await appendFile(config, '  retention: {online_directory: online, period: P3Y, hold: /kept}\n');
      for (const command of [['retention'], ['config', 'check']]) {
        const wrong = await cli([...command, '--config', config]);
        assert.equal(wrong.code, 2, command.join(' '));
        assert.match(wrong.stderr, /retention\.hold: the path "\/kept" is absolute/);
      }
    });
  });
});
