import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveOptions } from '../../lib/config/index.js';
import { checksumFile } from '../../lib/index.js';
import { factsOf, mustOpen, rowOf } from '../support/catalogue.js';
import { jsonLines } from '../support/cli.js';
import { withTape, type TapePlace } from '../support/cli_tape.js';
import { withTemp } from '../support/temporary.js';

const records = { '2025/a.h5': 'record a', '2025/b.h5': 'record b', '2026/c.h5': 'record c' };

/** As passes leave it whose records have gone from the cache. */
async function fill({ cache, sandbox }: TapePlace): Promise<void> {
  const config = resolveOptions({ cacheDirectory: cache, targetUrl: sandbox.url });
  await using catalogue = await mustOpen(config, { mode: 'write' });
  await withTemp(async (directory) => {
    for (const [path, content] of Object.entries(records)) {
      const file = join(directory, 'content');
      await writeFile(file, content);
      const checksums = [await checksumFile(file)];
      // Another time would make another record of it than that of the pass which archived it.
      const facts = factsOf(path, { size: content.length, mtime: null, checksums });
      catalogue.note({
        kind: 'imported',
        row: { ...rowOf(path), ...facts, removing: 1, removed: 1, rule: 'cached' },
      });
    }
  });
  await catalogue.flush();
}

describe('verify --catalogue on the command line', () => {
  it('names what is lost and what is extra, with 1; a sample goes on where the last one ended', async () => {
    await withTape(records, {}, async (place) => {
      const { run, sandbox } = place;
      await fill(place);
      const good = await run('verify', '--catalogue');
      assert.equal(good.code, 0, good.stdout + good.stderr);
      assert.match(good.stdout, /^Verify finished/);
      assert.match(good.stdout, /^ {2}verified +3 +24 B$/m);

      await rm(sandbox.diskPath('2025/b.h5'));
      await writeFile(sandbox.diskPath('2026/extra.h5'), 'x');
      const bad = await run('verify', '--catalogue', '--extra');
      assert.equal(bad.code, 1);
      assert.match(
        bad.stdout,
        /2025\/b\.h5: it has left the cache, and the server has no such file \[LostCopy\]/,
      );
      assert.match(
        bad.stdout,
        /2026\/extra\.h5: the server has it \(1 bytes\), the catalogue doesn't \[NotInCatalogue\]/,
      );
      assert.equal((await run('verify', '--catalogue', '2026')).code, 0);
      assert.equal((await run('verify', '--catalogue', '--sizes-only', '2025/a.h5')).code, 0);

      const taken = async (...more: string[]) => {
        const { stdout } = await run('verify', '--catalogue', '--sample-percent', '34%', '--json', ...more);
        const paths = jsonLines(stdout).flatMap(({ type, path }) =>
          type === 'file:verified' || type === 'file:failed' ? [path] : [],
        );
        return paths.sort();
      };
      assert.deepEqual(await taken('--dry-run'), ['2025/a.h5', '2025/b.h5']);
      assert.deepEqual(await taken(), ['2025/a.h5', '2025/b.h5']);
      assert.deepEqual(await taken(), ['2026/c.h5']);
      assert.deepEqual(await taken(), ['2025/a.h5', '2025/b.h5']);
    });
  });

  it('wrong usage, and no catalogue', async () => {
    await withTape(records, {}, async (place) => {
      const { run } = place;
      const none = await run('verify', '--catalogue', '--cache', place.to);
      assert.notEqual(none.code, 0);
      for (const option of ['--extra', '--sizes-only', '--sample-percent=1', '--dry-run']) {
        const { code, stderr } = await run('verify', option);
        assert.equal(code, 2);
        assert.match(stderr, /needs --catalogue/);
      }
      for (const args of [
        ['--directory', '/'],
        ['--checksums', '-'],
        ['--sample-percent', '0'],
        ['--sample-percent', '1', 'a'],
      ]) {
        const { code } = await run('verify', '--catalogue', ...args);
        assert.equal(code, 2, args.join(' '));
      }
    });
  });
});
