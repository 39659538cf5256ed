/** Completion scripts and manual pages are made from the definitions of the commands. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { bashScript } from '../../lib/cli/completion/bash.js';
import { fishScript } from '../../lib/cli/completion/fish.js';
import { manPages } from '../../lib/cli/completion/man.js';
import { modelOf } from '../../lib/cli/completion/model.js';
import { zshScript } from '../../lib/cli/completion/zsh.js';
import { EXAMPLES } from '../../lib/cli/examples.js';
import { makeProgram } from '../../lib/cli/program.js';

const model = modelOf(makeProgram({ exitCode: 0 }));
const shown = model.flatMap(({ name, options }) =>
  options.filter((option) => option.shown).map((option) => ({ name, ...option })),
);

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What bash offers after these words, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const script = `${bashScript(model)}
COMP_WORDS=(xrootd-archive "$@"); COMP_CWORD=$#
compopt() { :; }
_xrootd_archive
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8', cwd: '/' });
  return out.split('\n').filter((line) => line !== '');
}

describe('completion for bash', () => {
  it('completes commands, those of groups, options and their values', () => {
    assert.deepEqual(offered('ba'), ['backup']);
    assert.deepEqual(offered('catalogue', 'st'), ['status']);
    assert.deepEqual(offered('backup', '--dry'), ['--dry-run']);
    assert.deepEqual(offered('ls', '--auto'), []);
    assert.deepEqual(offered('backup', '--auto-remove', ''), ['never', 'cached', 'backed_up']);
    assert.deepEqual(offered('find', '--log-level', 'd'), ['debug']);
    assert.deepEqual(
      offered('usage', '--cache', '/etc/ss').filter((name) => !name.startsWith('/etc/ss')),
      [],
    );
    assert.ok(offered('backup', '-c', '/etc/pass').includes('/etc/passwd'));
  });

  it('is one that bash understands', () => {
    execFileSync('bash', ['-n'], { input: bashScript(model) });
  });
});

describe('completion for zsh and fish', () => {
  it('names every command and every option that help shows', () => {
    for (const script of [zshScript(model), fishScript(model)])
      for (const { name, long } of shown) {
        assert.ok(script.includes(long.slice(2)), `${name} ${long}`);
        assert.ok(script.includes(name.split(' ').at(-1) ?? ''), name);
      }
  });

  it('are ones that the shells understand', function () {
    const shells = [
      ['zsh', zshScript(model)],
      ['fish', fishScript(model)],
    ].filter(([shell = '']) => has(shell));
    if (shells.length === 0) this.skip();
    for (const [shell = '', script = ''] of shells) execFileSync(shell, ['-n'], { input: script });
  });
});

describe('the manual pages', () => {
  const pages = manPages(model, { version: '1.0', examples: EXAMPLES, epilogue: 'Exit codes: 0' });

  it('are one of the program and one of each command', () => {
    assert.equal(pages[0]?.file, 'xrootd-archive.1');
    assert.equal(pages.length, model.length);
    const catalogue = pages.find(({ file }) => file === 'xrootd-archive-catalogue.1');
    assert.match(catalogue?.text ?? '', /xrootd\\-archive\\-catalogue\\-status\(1\)/);
  });

  it('have every option that help shows, and the examples, without a word that roff takes for its own', function () {
    if (!has('groff')) this.skip();
    for (const [index, { file, text }] of pages.entries()) {
      const args = ['-man', '-Tascii', '-P-c', '-ww', '-rLL=200n'];
      const read = execFileSync('groff', args, {
        input: text,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'pipe'],
      })
        // eslint-disable-next-line no-control-regex
        .replace(/.\u0008/g, '');
      for (const { long, shown: isShown } of model[index]?.options ?? [])
        if (isShown) assert.ok(read.includes(long), `${file} ${long}`);
      for (const { line } of EXAMPLES[model[index]?.name ?? ''] ?? [])
        assert.ok(read.includes(`xrootd-archive ${line}`), `${file}: ${line}`);
    }
  });
});
