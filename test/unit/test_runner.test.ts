/** scripts/test.mjs, on test files made for it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cli, type Ended } from '../support/cli.js';
import { withTemp } from '../support/temporary.js';

const script = fileURLToPath(new URL('../../../scripts/test.mjs', import.meta.url));

async function runTests(files: Record<string, string>, ...args: string[]): Promise<Ended> {
  return await withTemp(async (directory) => {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(directory, `${name}.test.js`);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    // None of the run that this test is part of.
    const env = {
      ...{ MOCHA_TOTALS: undefined, TEST_REPORT: undefined, FULL: undefined },
      // A run with colours (CI, FORCE_COLOR) may not change what is looked for.
      ...{ FORCE_COLOR: undefined, NO_COLOR: '1', MOCHA_COLORS: undefined },
    };
    return await cli(['--in', directory, ...args], { file: script, env });
  });
}

const fine = `it('is fine', () => {});`;

describe('scripts/test.mjs', () => {
  it('adds the files up, and lists the slowest and what was left out or made smaller', async () => {
    const tier = JSON.stringify(new URL('../support/tier.js', import.meta.url).href);
    const { code, stdout } = await runTests({
      'unit/one': fine,
      'unit/two': fine,
      'native/three': `it('is slow', (done) => setTimeout(done, 300)); it.skip('waits for years', () => {});`,
      'faults/four': `it('is scaled', async () => { (await import(${tier})).scaled('elephants', 2, 200); });`,
    });
    assert.match(stdout, /^4 passed, 0 failed, 1 left out in \d+ s$/m);
    assert.match(stdout, /^✔ unit +2 tests/m);
    const slowest = /^the 10 slowest tests:\n((?: +[\d.]+ s {2}.+\n)+)/m.exec(stdout)?.[1] ?? '';
    const seconds = [...slowest.matchAll(/^ +([\d.]+) s/gm)].map(([, told]) => Number(told));
    assert.match(slowest, /^ +(?:0\.[3-9]|[1-9]\d*\.\d) s {2}is slow$/m);
    assert.equal(seconds.length, 4);
    assert.deepEqual(
      seconds,
      seconds.toSorted((a, b) => b - a),
    );
    assert.match(stdout, /^ +faults\/four: 2 instead of 200 elephants$/m);
    assert.match(stdout, /^left out:\n +native\/three: waits for years$/m);
    assert.equal(code, 0);
  });

  const bad: [what: string, text: string, told: RegExp][] = [
    [
      'fails',
      `it('goes wrong', () => { throw new Error('how'); });`,
      /Error: how[^]*^failed:\n +native\/bad: goes wrong$/m,
    ],
    [
      'fails in a hook',
      `before(() => { throw new Error('how'); }); it('is never run', () => {});`,
      /Error: how[^]*^failed:\n +native\/bad: "before all" hook/m,
    ],
    [
      'is ended by a signal in its midst',
      `it('crashes', () => { process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000); return new Promise(() => {}); });`,
      /^failed:\n +native\/bad: ended with SIGKILL before its tests were over$/m,
    ],
    [
      'is ended by a signal after its tests',
      `after(() => process.once('exit', () => process.kill(process.pid, 'SIGKILL'))); ${fine}`,
      /^failed:\n +native\/bad: ended with SIGKILL after its tests$/m,
    ],
    ['cannot be loaded', `import 'nowhere';`, /^failed:\n +native\/bad: ended with exit code 1 before/m],
    ['has no tests', '', /^failed:\n +native\/bad: has no tests$/m],
  ];
  for (const [what, text, told] of bad) {
    it(`a file that ${what} is a failure, and the others run`, async () => {
      const { code, stdout } = await runTests({ 'native/bad': text, 'native/good': fine });
      assert.match(stdout, told);
      assert.match(stdout, /^✔ native\/good/m);
      assert.match(stdout, /^✘ native\/bad/m);
      assert.match(stdout, /^\d passed, 1 failed, 0 left out in/m);
      assert.equal(code, 1);
    });
  }

  it('runs what is named only; nothing of that name is a failure', async () => {
    const files = { 'native/one': fine, 'native/two': fine };
    assert.match((await runTests(files, 'one')).stdout, /^1 passed, 0 failed/m);
    assert.equal((await runTests(files, 'three')).code, 1);
  });

  it('--full sets FULL, and prints each test', async () => {
    const text = `it('is told', () => { if (process.env.FULL !== '1') throw new Error('not set'); });`;
    const { code, stdout } = await runTests({ 'native/one': text }, '--full');
    assert.match(stdout, /✔ is told/);
    assert.equal(code, 0);
  });
});
