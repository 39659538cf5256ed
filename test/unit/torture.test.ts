/** scripts/torture.mjs, on programs made for it in place of the model. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cli } from '../support/cli.js';
import { withTemp } from '../support/temporary.js';

const script = fileURLToPath(new URL('../../../scripts/torture.mjs', import.meta.url));

const STEPS = `
  import { writeFileSync } from 'node:fs';
  import { tmpdir } from 'node:os';
  writeFileSync(tmpdir() + '/cache', 'a record');
  for (let n = 0; n < 300; n += 1) console.log('step put {"n":' + n + '}');
  console.log('step line: cut {"n":300}');`;

interface Tortured {
  code: number | null;
  stdout: string;
  kept: (name: string) => string;
}

/** @param silence seconds without a step after which a process hangs; its start takes a while on a busy machine */
async function torture(
  program: string,
  use: (tortured: Tortured) => void,
  { minutes = '0', silence = '60' } = {},
): Promise<void> {
  await withTemp(async (directory) => {
    const file = join(directory, 'program.mjs');
    writeFileSync(file, STEPS + program);
    const out = join(directory, 'out');
    mkdirSync(out);
    const args = ['--program', file, '--out', out, '--seed', '7', '--jobs', '1', '--silence', silence];
    const { code, stdout } = await cli([...args, '--minutes', minutes], { file: script });
    use({ code, stdout, kept: (name) => readFileSync(join(out, 'seed-7', name), 'utf8') });
    if (code === 0) assert.ok(!existsSync(join(out, 'seed-7')));
  });
}

describe('scripts/torture.mjs', () => {
  it('adds up what was done, and ends with 0 if nothing was found', async () => {
    await torture('', ({ code, stdout }) => {
      assert.equal(code, 0, stdout);
      assert.match(stdout, /^ +300 put$/m);
      assert.match(stdout, /^ +1 line: cut$/m);
      assert.match(stdout, /^301 steps over 1 seeds \(from 7\) in \d+ s: 0 violations$/m);
    });
  });

  it('keeps a violation: steps, log, files, and the line that repeats it', async () => {
    const found = `console.log("Violation: a byte\\nRepeat it: MODEL_REPLAY='7,0'"); process.exitCode = 1;`;
    await torture(found, ({ code, stdout, kept }) => {
      assert.equal(code, 1);
      assert.match(stdout, /seed 7: Violation: a byte[^]*MODEL_REPLAY='7,0'/);
      assert.equal(kept('steps.txt').trim().split('\n').length, 200);
      assert.match(kept('steps.txt'), /step line: cut \{"n":300\}\n$/);
      assert.match(kept('log.txt'), /Violation: a byte/);
      assert.equal(kept('files/cache'), 'a record');
    });
  });

  it('notices a process that dies', async () => {
    await torture(
      `process.stdout.write('\\n', () => process.kill(process.pid, 'SIGSEGV'));`,
      ({ code, stdout, kept }) => {
        assert.equal(code, 1);
        assert.match(stdout, /seed 7: it died by SIGSEGV/);
        assert.match(kept('log.txt'), /Repeat it: .*--seed 7/);
      },
    );
  });

  for (const [how, program] of [
    ['waits for ever', 'setInterval(() => {}, 1000);'],
    ['spins', 'process.stdout.write("\\n", () => { for (;;); });'],
  ] as const)
    it(`notices a process that ${how}, and keeps its stacks`, async () => {
      const use = ({ code, stdout, kept }: Tortured) => {
        assert.equal(code, 1);
        assert.match(stdout, /seed 7: it made no step for 10 s/);
        assert.match(kept('stacks.txt'), /comm: (node|MainThread)/);
        assert.match(kept('steps.txt'), /line: cut/);
        assert.equal(kept('files/cache'), 'a record');
      };
      await torture(program, use, { silence: '10' });
    });
});
