/** What a server may have beside records with good names: it is told, and holds up nothing. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Archive, type Report } from '../../lib/index.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { collect, counts, recordsIn } from '../support/archive.js';
import { quick } from '../support/tape.js';
import { withServed } from '../support/served.js';

const failures = ({ failures: all }: Report) => all.map(({ code, path }) => `${code} ${path}`).sort();

describe('odd names on the server', () => {
  const good = Array.from({ length: 400 }, (_, i) => `d/r${i}`);
  const bad = ['d/what?', 'd/bell\x07'];

  it('one with `?` and one with a control character fail by themselves, not with those that are asked with them', async () => {
    await withServed([...good, ...bad], async (_, archive, to) => {
      const report = await archive.restore(['.'], { to });
      assert.deepEqual(failures(report), ['BadName d/bell\\x07', 'BadName d/what?']);
      assert.deepEqual(counts(report), { scanned: 402, copied: 400, failed: 2 });
      assert.deepEqual(await recordsIn(to), [...good].sort());

      const listed = await collect(archive.ls(['d']));
      assert.deepEqual(
        listed.flatMap((item) => ('failed' in item ? [`${item.code} ${item.path}`] : [])).sort(),
        ['BadName d/bell\\x07', 'BadName d/what?'],
      );
      assert.equal(listed.length, 402);
    });
  });

  it('a directory of such a name is told once, and what is beside it is listed', async () => {
    await withServed(['a/1', 'no?/x', 'z/1'], async (_, archive) => {
      const listed = await collect(archive.ls([], { recursive: true }));
      assert.deepEqual(
        listed.map((item) => ('failed' in item ? `${item.code} ${item.path}` : item.path)).sort(),
        ['BadName no?', 'a', 'a/1', 'z', 'z/1'],
      );
    });
  });

  it('a name with a newline hides its directory: what to do is said', async () => {
    await withServed(['a/1', 'b/new\nline', 'b/2'], async (_, archive) => {
      const listed = await collect(archive.ls([], { recursive: true }));
      const [failure, ...more] = listed.filter((item) => 'failed' in item);
      assert.deepEqual(more, []);
      assert.equal(failure?.path, 'b');
      assert.match(failure.message, /new name/);
    });
  });
});

describe('what is no regular file on the server', () => {
  it('a named pipe is told at once, and never opened', async () => {
    await withServed(['a', 'd/b'], async (server, archive, to) => {
      execFileSync('mkfifo', [server.file('/archive/d/pipe')]);
      chmodSync(server.file('/archive/d/pipe'), 0o666);
      const report = await archive.restore(['.'], { to });
      assert.deepEqual(failures(report), ['NotARecord d/pipe']);
      assert.deepEqual(counts(report), { scanned: 3, copied: 2, failed: 1 });
      assert.deepEqual(await recordsIn(to), ['a', 'd/b']);
      const listed = await collect(archive.ls(['d']));
      assert.deepEqual(
        listed.flatMap((item) => ('failed' in item ? [item.code] : [])),
        ['NotARecord'],
      );
    });
  });

  it('nor is one drawn, staged or evicted', async () => {
    await using sandbox = await TapeSandbox.start();
    await writeFile(sandbox.diskPath('record'), 'bytes');
    execFileSync('mkfifo', [sandbox.diskPath('pipe')]);
    const archive = new Archive({ targetUrl: sandbox.url, logLevel: 'error', ...quick });
    const told = ['NotARecord pipe'];
    assert.deepEqual(failures(await archive.stage(['pipe'], { wait: true })), told);
    assert.deepEqual(failures(await archive.evict(['pipe'])), told);
    assert.ok(failures(await archive.drill()).includes('NotARecord pipe'));
    assert.equal(sandbox.prepares.length, 0);
  });
});
