/** Help: what it shows, its examples, and colours. */
import assert from 'node:assert/strict';
import type { Command } from 'commander';
import { paint, paintedSummary, paintFor, plain } from '../../lib/cli/colours.js';
import { EXAMPLES, examplesText, nameOf } from '../../lib/cli/examples.js';
import { makeProgram } from '../../lib/cli/program.js';

const commands = leavesOf(makeProgram({ exitCode: 0 }));

function leavesOf(command: Command): Command[] {
  return command.commands.flatMap((each) => (each.commands.length === 0 ? [each] : leavesOf(each)));
}

function commandOf(name: string): Command {
  const found = commands.find((command) => nameOf(command) === name);
  assert.ok(found, name);
  return found;
}

/** As a shell does, as far as the examples need it. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

describe('the examples', () => {
  it('are two or more of every command, and of no other', () => {
    assert.deepEqual(Object.keys(EXAMPLES).sort(), commands.map(nameOf).sort());
    for (const [name, examples] of Object.entries(EXAMPLES)) {
      assert.ok(examples.length >= 2, name);
      for (const { line, does } of examples) assert.ok(line.startsWith(name) && does !== '', line);
    }
  });

  for (const [name, examples] of Object.entries(EXAMPLES))
    it(`of ${name} are right`, () => {
      for (const { line } of examples) {
        const program = makeProgram({ exitCode: 0 });
        const ran: string[] = [];
        const found = leavesOf(program).find((command) => nameOf(command) === name);
        found?.action(() => void ran.push(name));
        // What comes after it is the shell's.
        program.parse(wordsOf(line.split(/ [>|] /)[0] ?? ''), { from: 'user' });
        assert.deepEqual(ran, [name], line);
      }
    });
});

describe('help', () => {
  it('shows what the command uses, and its examples', () => {
    const ls = commandOf('ls').helpInformation();
    assert.match(ls, /--target <url>/);
    assert.doesNotMatch(ls, /--auto-remove|--settle-seconds|--cache/);
    assert.match(commandOf('backup').helpInformation(), /--auto-remove <state>/);
    assert.match(examplesText(commandOf('ls')), /^\nExamples:\n {2}# .*\n {2}xrootd-archive ls -l 2026\n/);
    assert.equal(examplesText(makeProgram({ exitCode: 0 })), '');
  });

  it('hides no option that only this command has', () => {
    for (const command of commands) {
      const own = command.options.filter(({ hidden }) => hidden).map(({ long }) => long);
      const everywhere = new Set(commandOf('backup').options.map(({ long }) => long));
      for (const long of own) assert.ok(everywhere.has(long), `${nameOf(command)} ${long ?? ''}`);
    }
  });
});

describe('colours', () => {
  it('are where a terminal takes them, and NO_COLOR ends them', () => {
    const terminal = { isTTY: true };
    assert.equal(paintFor(terminal, {}), paint);
    assert.equal(paintFor(terminal, { NO_COLOR: '' }), paint);
    assert.equal(paintFor({}, {}), plain);
    assert.equal(paintFor(terminal, { TERM: 'dumb' }), plain);
    assert.equal(paintFor(terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }), plain);
    assert.equal(paintFor(terminal, { FORCE_COLOR: '0' }), plain);
    assert.equal(paintFor({}, { FORCE_COLOR: '1' }), paint);
    assert.equal(paint('red', 'x'), '\u001b[31mx\u001b[39m');
  });

  it('of a summary show what failed, and change nothing but colours', () => {
    const lines = [
      'Backup finished',
      '  scanned  2',
      '  failed   1',
      '  conflicts  0',
      '',
      'Failed:',
      '  a: no',
    ];
    const mark = (style: string, text: string) => `<${style}>${text}`;
    assert.deepEqual(paintedSummary(lines, { failed: 1, conflicts: 0 }, mark), [
      ...['<bold>Backup finished', '  scanned  2', '<red>  failed   1', '  conflicts  0', ''],
      ...['<bold><red>Failed:', '  a: no'],
    ]);
    assert.deepEqual(paintedSummary(lines, { failed: 1, conflicts: 0 }, plain), lines);
  });
});
