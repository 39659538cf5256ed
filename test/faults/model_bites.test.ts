/** The model bites: each of the deliberate defects is found, and without a defect the same steps violate nothing. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fileOf, patched, withPatches, type Patch } from '../support/patches.js';
import { scaled } from '../support/tier.js';
import { DEFECTS } from './model/defects.js';
import type { Ended } from './model/script.js';

const script = fileURLToPath(new URL('model/script.js', import.meta.url));

async function run(patches: readonly Patch[], indices: readonly number[]): Promise<Ended[]> {
  const { flags, env } = withPatches(patches);
  const child = spawn(process.execPath, [...flags, script, ...indices.map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const told = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => (told[name] += text));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, told.stderr);
  return told.stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Ended] : []));
}

describe('the model bites', () => {
  const few = scaled('defects', 2, DEFECTS.length);
  const defects = DEFECTS.slice(0, few);

  it('every patch has its text in the compiled files', () => {
    for (const { patches } of DEFECTS)
      for (const file of new Set(patches.map((patch) => patch.file)))
        patched(
          fileOf({ file }),
          patches.filter((patch) => patch.file === file),
        );
  });

  it('and finds nothing where there is no defect', async () => {
    const indices = [...defects.keys()];
    assert.deepEqual(
      await run([], indices),
      indices.map(() => ({})),
    );
  });

  for (const [index, { name, patches, says }] of defects.entries())
    it(name, async () => {
      const [ended] = await run(patches, [index]);
      assert.match(ended?.message ?? 'nothing was violated', says);
      if (process.env['BITE_FIGURES'] !== undefined)
        process.stdout.write(`${String(ended?.steps)} steps: ${name}\n`);
    });
});
