/** Every code block of the documentation says something true: it compiles, is valid configuration, or names commands that exist. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import ts from 'typescript';
import { parse } from 'yaml';
import { makeProgram } from '../../lib/cli/program.js';
import { loadConfig } from '../../lib/index.js';
import { docstringBlocks, documentBlocks, documents, inlineCode, root } from '../support/doc_blocks.js';
import { withTemp } from '../support/temporary.js';

const blocks = documentBlocks();
const of = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));
const placeOf = ({ file, line }: { file: string; line: number }) => `${file}:${line}`;

/** What the text around a block has already made. */
const prelude = `
declare const archive: import('xrootd-archive').Archive;
declare const bytes: Uint8Array;
`;

describe('the code blocks of the documentation', () => {
  it('are of languages that are checked', () => {
    const known = ['ts', 'js', 'yaml', 'sh', 'text', 'cpp', ''];
    for (const block of blocks) assert.ok(known.includes(block.language), placeOf(block));
    assert.ok(of('ts').length > 5 && of('yaml').length > 5 && of('sh').length > 15);
    // Another project's source, quoted; nothing of ours.
    for (const { file } of of('cpp')) assert.equal(file, 'docs/xrootd-bug-checksum-jobs.md');
  });

  it('compile against the types of the package, as do those of docstrings', () => {
    const sources = new Map([[path.join(root, 'docs/prelude.d.ts'), prelude]]);
    const names = new Map<string, string>();
    const typescript = [...of('ts', 'js'), ...docstringBlocks().filter(({ language }) => language === 'ts')];
    for (const [i, block] of typescript.entries()) {
      const name = path.join(root, `docs/block-${i}.${block.language}`);
      // Docstrings stand where their names are known.
      const head = block.file.startsWith('lib/') ? "import { Archive } from 'xrootd-archive';" : 'export {};';
      sources.set(name, head + block.text);
      names.set(name, placeOf(block));
    }
    const options: ts.CompilerOptions = {
      ...{ strict: true, skipLibCheck: true, noEmit: true, allowJs: true, checkJs: true, types: ['node'] },
      ...{ target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext },
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    };
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists } = host;
    host.getCurrentDirectory = () => root;
    host.fileExists = (file) => sources.has(file) || fileExists(file);
    host.getSourceFile = (file, language) => {
      const text = sources.get(file);
      return text === undefined ? getSourceFile(file, language) : ts.createSourceFile(file, text, language);
    };
    const program = ts.createProgram([...sources.keys()], options, host);
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      const where = names.get(file?.fileName ?? '') ?? file?.fileName ?? '';
      return `${where}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    assert.deepEqual(problems, []);
  });

  it('are configurations that are accepted', async () => {
    await withTemp(async (directory) => {
      const file = path.join(directory, 'config.yaml');
      for (const block of of('yaml')) {
        const whole = parse(block.text) as Record<string, unknown>;
        // Some show keys of the block alone.
        const backup = 'backup' in whole ? whole['backup'] : { target_url: 'root://example.org//', ...whole };
        await writeFile(file, JSON.stringify({ backup }));
        await assert.doesNotReject(loadConfig(file, {}, { checkAccess: false }), placeOf(block));
      }
    });
  });

  it('are scripts that the shell can read', () => {
    for (const block of of('sh'))
      assert.doesNotThrow(
        () => execFileSync('bash', ['-n'], { input: block.text, stdio: ['pipe', 'ignore', 'pipe'] }),
        placeOf(block),
      );
  });

  it('name commands and options that exist, and so does the text', async () => {
    const inBlocks = of('sh').flatMap((block) =>
      commandsIn(block.text).map((args) => [placeOf(block), args]),
    );
    const inText = documents()
      .filter((file) => file !== 'CHANGELOG.md')
      .flatMap((file) =>
        inlineCode(file)
          // Placeholders and parts of a name aren't command lines.
          .filter((code) => /^xrootd-archive [a-z]/.test(code) && !/[…<>]|\.\.\./.test(code))
          .flatMap((code) => commandsIn(code).map((args) => [file, args])),
      );
    assert.ok(inBlocks.length > 20 && inText.length > 5);
    for (const [place, args] of [...inBlocks, ...inText] as [string, string[]][])
      await assert.doesNotReject(
        silent(makeProgram({ exitCode: 0 })).parseAsync(args, { from: 'user' }),
        (error: Error) => assert.fail(`${place}: xrootd-archive ${args.join(' ')}: ${error.message}`),
      );
  });

  it('and links lead to files that are there', () => {
    for (const file of documents())
      for (const [, target = ''] of readFileSync(path.join(root, file), 'utf8').matchAll(
        /\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g,
      )) {
        const to = path.join(path.dirname(file), target);
        assert.ok(existsSync(path.join(root, to)), `${file}: ${target}`);
      }
  });

  it('name scripts of npm that exist, and so does the text', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const file of documents())
      for (const [, name = ''] of readFileSync(path.join(root, file), 'utf8').matchAll(
        /\bnpm run (?:--silent )?([\w:-]+)/g,
      ))
        assert.ok(name in scripts, `${file}: npm run ${name}`);
  });
});

/** Elsewhere it is the name of a user, a group or a unit. */
const beforeCommand = /^([|&;]+|--|--unit=.*|setsid|)$/;

/** The arguments of each call of xrootd-archive in a script; 1 stands for each variable. */
function commandsIn(script: string): string[][] {
  const lines = script.replace(/\\\n/g, ' ').split('\n');
  return lines.flatMap((line) => {
    const words = line.match(/'[^']*'|"[^"]*"|[|&;<>]+|[^\s'"|&;<>]+/g) ?? [];
    const comment = words.findIndex((word) => word.startsWith('#'));
    const code = comment === -1 ? words : words.slice(0, comment);
    return code.flatMap((word, at) => {
      if (word !== 'xrootd-archive' || !beforeCommand.test(code[at - 1] ?? '')) return [];
      const rest = code.slice(at + 1);
      const end = rest.findIndex((next) => /^[|&;<>]/.test(next));
      const args = end === -1 ? rest : rest.slice(0, end);
      return [args.map((arg) => arg.replace(/^['"]|['"]$/g, '').replace(/\$\w+/g, '1'))];
    });
  });
}

/** It reads its command line, and does nothing. */
function silent(command: Command): Command {
  command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  if (command.commands.length === 0) command.action(() => undefined);
  for (const each of command.commands) silent(each);
  return command;
}
