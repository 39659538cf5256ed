/** The README's first success, as it stands there: in an empty directory, by a shell that finds the command. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { mainFile } from '../support/cli.js';
import { documentBlocks } from '../support/doc_blocks.js';
import { withTemp } from '../support/temporary.js';

describe('README.md', () => {
  it('leads to a first success: a record goes to tape and comes back', async () => {
    const block = documentBlocks().find(
      ({ file, text: code }) => file === 'README.md' && code.includes('xrootd-archive sandbox --port'),
    );
    assert.ok(block);
    // Any free port, whose URL the sandbox prints first.
    const url = 'root://127.0.0.1:10940//archive';
    const script = block.text
      .replace(' --port 10940', '')
      .replace("<<'END'", '<<END')
      .replace(`target_url: ${url}`, 'target_url: $(head -n 1 sandbox.log)');
    assert.doesNotMatch(script.replace(`# ${url}`, ''), /10940/);
    await withTemp(async (directory) => {
      const place = path.join(directory, 'empty');
      await mkdir(place);
      const program = path.join(directory, 'xrootd-archive');
      await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${mainFile}" "$@"\n`);
      await chmod(program, 0o755);
      const child = spawn('bash', ['-ec', `${script}\nwait`], {
        cwd: place,
        env: { ...process.env, PATH: `${directory}:${process.env['PATH']}` },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close') as Promise<[number]>,
      ]);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /^on_tape .* 2026\/shot-1\.txt$/m);
      assert.match(stdout, /^the same bytes$/m);
    });
  });
});
