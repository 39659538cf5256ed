/** .github: the workflow calls what is there, and covers what docs/support.md promises; the issue forms are forms. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { root } from '../support/doc_blocks.js';

const read = (file: string): unknown => parse(readFileSync(path.join(root, file), 'utf8'));

interface Job {
  strategy?: { matrix: { node: number[]; suite: string[]; include: { suite: string; xrootd: string }[] } };
  steps: { run?: string }[];
}

describe('.github', () => {
  const { jobs } = read('.github/workflows/ci.yml') as { jobs: Record<string, Job> };
  const scripts = (read('package.json') as { scripts: Record<string, string> }).scripts;

  it('calls scripts that are there', () => {
    const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    assert.ok(commands.includes('.ci/run'));
    for (const command of commands) {
      const [, script] = /^npm (?:run )?(\w+)$/.exec(command) ?? [];
      if (script !== undefined && script !== 'ci') assert.ok(script in scripts, command);
      if (command.startsWith('.')) assert.ok(statSync(path.join(root, command)).mode & 0o100, command);
    }
  });

  it('covers the versions that docs/support.md names', () => {
    const matrix = jobs['matrix']?.strategy?.matrix ?? assert.fail();
    const support = readFileSync(path.join(root, 'docs/support.md'), 'utf8');
    const [row = ''] = /^\| Node\.js .*$/m.exec(support) ?? [];
    for (const node of matrix.node) assert.match(row, new RegExp(`\\b${node}\\b`));
    assert.deepEqual(
      matrix.include.map(({ suite }) => suite),
      matrix.suite,
    );
  });

  it('has issue forms with what GitHub demands of them', () => {
    const directory = '.github/ISSUE_TEMPLATE';
    const forms = readdirSync(path.join(root, directory)).filter((name) => name !== 'config.yml');
    assert.ok(forms.length >= 3 && existsSync(path.join(root, directory, 'config.yml')));
    for (const name of forms) {
      const form = read(`${directory}/${name}`) as {
        name: string;
        description: string;
        body: { type: string; id?: string; attributes: { label?: string; value?: string } }[];
      };
      assert.ok(form.name && form.description, name);
      for (const { type, id, attributes } of form.body) {
        assert.ok(['markdown', 'textarea', 'input'].includes(type), name);
        assert.ok(type === 'markdown' ? attributes.value : id && attributes.label, name);
      }
      const ids = form.body.flatMap(({ id }) => id ?? []);
      assert.equal(new Set(ids).size, ids.length, name);
    }
  });
});
