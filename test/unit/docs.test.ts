/** The documentation names all that others build on: events, the report, jobs, commands and their options. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { makeProgram } from '../../lib/cli/program.js';
import { propertiesOf, textsOf, typesOf } from '../support/types.js';
import type ts from 'typescript';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** The text below a heading, up to the next one of the same or a higher level. */
function section(text: string, heading: string): string {
  const [, rest] = text.split(`\n${heading}\n`);
  assert.ok(rest !== undefined, `there is no "${heading}"`);
  const level = heading.indexOf(' ');
  return rest.split(new RegExp(`^#{1,${level}} `, 'm'))[0] ?? '';
}

/** The rows of all tables in `text`: the words in backticks of each cell. */
function rowsOf(text: string): string[][][] {
  return [...text.matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) => row.split(/(?<!\\)\|/).map(wordsOf));
}

function wordsOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}

const sorted = (words: Iterable<string>): string[] => [...words].sort();

describe('docs/library.md', () => {
  const library = read('docs/library.md');
  let events: Map<string, string[]>;
  let fields: string[];
  let jobs: string[];

  before(() => {
    const types = typesOf('lib/jobs/events/events.ts');
    const { checker, type: union, at } = types('ArchiveEvent');
    assert.ok(union.isUnion());
    const typeOf = (of: ts.Type, name: string) => {
      const property = of.getProperty(name);
      assert.ok(property, name);
      return checker.getTypeOfSymbolAtLocation(property, at);
    };
    events = new Map();
    for (const event of union.types) assert.ok(event.getProperty('jobId'));
    for (const event of union.types)
      for (const name of textsOf(typeOf(event, 'type')))
        events.set(
          name,
          propertiesOf(checker, event).filter((field) => field !== 'type' && field !== 'jobId'),
        );
    const finished = union.types.find((event) => textsOf(typeOf(event, 'type')).includes('pass:finished'));
    assert.ok(finished);
    const report = typeOf(finished, 'report');
    fields = propertiesOf(checker, report);
    jobs = textsOf(typeOf(report, 'job'));
    assert.ok(events.size > 15 && fields.length > 15 && jobs.length > 5);
  });

  const rows = (heading: string): Map<string, string[][]> =>
    new Map(
      rowsOf(section(library, heading)).flatMap((cells) =>
        cells[0]?.[0] === undefined || cells[0][0] === 'type' ? [] : [[cells[0][0], cells]],
      ),
    );

  it('has a row of every event, with all its fields and no others', () => {
    const documented = rows('## Events');
    assert.deepEqual(sorted(documented.keys()), sorted(events.keys()));
    for (const [type, names] of events)
      assert.deepEqual(sorted(documented.get(type)?.[1] ?? []), sorted(names), type);
  });

  it('has a row of every field of the report, and no others', () => {
    assert.deepEqual(sorted(rows('## The report').keys()), sorted(fields));
  });

  it('has a row of every job among the methods, and so has the command line', () => {
    const methods = rowsOf(section(library, '## Archive')).map(([names = []]) => names.join());
    const commands = commandsOf(makeProgram({ exitCode: 0 })).map(({ name }) => name);
    const json = section(read('docs/commands.md'), '## `--json`');
    // `catalogue rebuild` is the command of `rebuild`.
    const isOf = (job: string) => (name: string) => name.split(' ').at(-1) === job;
    for (const job of jobs) {
      assert.ok(
        methods.some((text) => text.startsWith(`${job}(`)),
        `${job}() is missing in docs/library.md`,
      );
      assert.ok(commands.some(isOf(job)), `there is no command ${job}`);
      assert.ok(wordsOf(json).some(isOf(job)), `${job} is missing in "--json" of docs/commands.md`);
    }
  });
});

interface Documented {
  name: string;
  arguments: string[];
  /** Each option's flags, short and long. */
  options: string[][];
}

/** The commands that do something, those of a group by its name and theirs. */
function commandsOf(program: Command, group = ''): Documented[] {
  return program.commands.flatMap((command) => {
    const name = `${group}${command.name()}`;
    if (command.commands.length > 0) return commandsOf(command, `${name} `);
    const options = command.options.map(({ short, long }) => [short, long].filter((flag) => flag != null));
    return [{ name, arguments: command.registeredArguments.map((one) => one.name()), options }];
  });
}

/** The flags that are named in backticks: `-n`, `--shard i/n`. */
function flagsIn(text: string): Set<string> {
  return new Set(wordsOf(text).flatMap((word) => /^--?[\w-]+(?=$| )/.exec(word)?.[0] ?? []));
}

describe('docs/sandbox.md', () => {
  it('has a row of every option, and no others', () => {
    const { checker, type } = typesOf('lib/sandbox/options.ts')('SandboxOptions');
    const documented = rowsOf(section(read('docs/sandbox.md'), '## Options')).flatMap(
      ([words = []]) => words,
    );
    assert.deepEqual(sorted(documented), sorted(propertiesOf(checker, type)));
  });
});

describe('docs/commands.md', () => {
  const text = read('docs/commands.md');
  const commands = commandsOf(makeProgram({ exitCode: 0 }));
  const shared = '## Options of all commands but `sandbox`';
  const choosing = section(text, '## Which files');
  const selecting = wordsOf(/^.* take$/m.exec(choosing)?.[0] ?? '');

  /** Where an option of this command may stand. */
  const placesOf = ({ name, options }: Documented): string[] => {
    const own = text.includes(`\n## \`${name}\`\n`) ? [section(text, `## \`${name}\``)] : [];
    const all = options.some((flags) => flags.includes('--target')) ? [section(text, shared)] : [];
    return [...own, ...all, ...(selecting.includes(name) ? [choosing] : [])];
  };

  it('has a row of every command, and no others; so has the README', () => {
    const documented = rowsOf(text.split('\n## ')[0] ?? '').flatMap(([words = []]) => words);
    const names = documented
      .filter((word) => word !== 'Command')
      .map((word) => word.replace(/ \[?PATH.*/, ''));
    assert.deepEqual(sorted(names), sorted(commands.map(({ name }) => name)));
    for (const { name, arguments: given } of commands)
      assert.equal(documented.includes(name), given.length === 0, `${name}: PATH`);
    const readme = rowsOf(section(read('README.md'), '## Commands')).flatMap(([words = []]) => words);
    assert.deepEqual(sorted(readme), sorted(names));
  });

  it('tells of every command that has a file', () => {
    const files = readdirSync(path.join(root, 'lib/cli/commands')).map((file) => path.parse(file).name);
    assert.deepEqual(sorted(files), sorted(new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))));
  });

  for (const command of commands)
    it(`names every option of ${command.name}`, () => {
      const flags = new Set(placesOf(command).flatMap((place) => [...flagsIn(place)]));
      // These two are of every command.
      if (command.name === 'sandbox') for (const flag of ['--json', '--log-level']) flags.add(flag);
      for (const flag of command.options.flat()) assert.ok(flags.has(flag), `${command.name} ${flag}`);
    });

  it('has no table with an option that no command takes', () => {
    const known = new Set(commands.flatMap(({ options }) => options.flat()));
    for (const [first = []] of rowsOf(text))
      for (const flag of flagsIn(first.map((word) => `\`${word}\``).join(' ')))
        assert.ok(known.has(flag), `${flag} is only in the docs`);
  });
});
