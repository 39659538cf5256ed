/** `config init`: the file that it writes, from options and from answers on a terminal. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { parse } from 'yaml';
import { resolveOptions } from '../../lib/config/index.js';
import { validateBlock } from '../../lib/config/validate.js';
import { fileText } from '../../lib/cli/config/file_text.js';
import { cli, jsonLines, mainFile } from '../support/cli.js';
import { TemporaryDirectory } from '../support/temporary.js';
import { hasScript } from '../support/terminal.js';

const target = 'root://archive.example.org//tape';

/** On a terminal that answers are written to. */
function initOnTerminal(cwd: string, options = '') {
  const command = `'${process.execPath}' '${mainFile}' config init${options}`;
  return spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'dumb' },
  });
}

describe('the text of a new configuration', () => {
  it('has keys that exist behind its hashes, with their defaults where they have one', () => {
    const all = fileText({}).replace(/^ {2}# ((?: {2})?[a-z_]+:(?: |$))/gm, '  $1');
    const { backup } = parse(all) as { backup: Record<string, unknown> };
    assert.ok(Object.keys(backup).length > 20, all);
    // A connection logs in by one of them.
    const { gsi_proxy_path: _proxy, token_file_path: _token, ...block } = backup;
    const { config, problems } = validateBlock(block, true);
    assert.deepEqual(problems, []);
    const defaults = resolveOptions({ targetUrl: target });
    for (const key of [
      'autoRemove',
      'verify',
      'checksumType',
      'settleSeconds',
      'parallelCopies',
      'logLevel',
    ] as const)
      assert.equal(config?.[key], defaults[key], key);
    for (const key of ['warningMarkPercent', 'timezoneStr', 'logFormat'] as const)
      assert.equal(config?.[key], defaults[key], key);
  });

  it('refuses a key that it has no place for', () => {
    assert.throws(() => fileText({ cache_dir: 'x' }), RangeError);
  });
});

describe('config init', function () {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
    mkdirSync(directory.file('cache'));
  });
  afterEach(() => {
    directory.remove();
  });
  const init = (...args: string[]) => cli(['config', 'init', ...args], { cwd: directory.path });
  const backupOf = (file: string) =>
    (parse(readFileSync(directory.file(file), 'utf8')) as { backup: object }).backup;

  it('writes what the options say, and config check takes it', async () => {
    const given = ['--cache', 'cache', '--target', target, '--cron', '0 3 * * *', '--settle-seconds', '5'];
    const { code, stdout } = await init(...given, '--timezone', 'Asia/Tokyo');
    const file = directory.file('xrootd-archive.yaml');
    assert.deepEqual([code, stdout], [0, `${file}\n`]);
    assert.deepEqual(backupOf('xrootd-archive.yaml'), {
      ...{ cache_directory: directory.file('cache'), target_url: target, copy_cron_string: '0 3 * * *' },
      ...{ timezone_str: 'Asia/Tokyo', settle_seconds: 5 },
    });
    assert.match(readFileSync(file, 'utf8'), /^ {2}# auto_remove: backed_up$/m);
    assert.equal((await cli(['config', 'check', '--config', file])).code, 0);
  });

  it('replaces a file only with --force, and writes none that would be wrong', async () => {
    const file = directory.write('xrootd-archive.yaml', 'mine');
    const again = await init('--target', target);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /--output: .*xrootd-archive\.yaml is there already: --force replaces it/);
    const wrong = await init('--target', 'http://h/x', '--cron', 'soon', '--force');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--target: has the protocol http.*\n--cron: must be a cron schedule/);
    assert.equal(readFileSync(file, 'utf8'), 'mine');
    assert.equal((await init('--target', target, '--force')).code, 0);
    assert.deepEqual(backupOf('xrootd-archive.yaml'), { target_url: target });
    const none = await init();
    assert.deepEqual([none.code, none.stdout], [2, '']);
    assert.match(none.stderr, /--target: must be given where there is no terminal/);
  });

  it('a write that fails leaves the file that was there, and no piece of a new one', () => {
    const file = directory.write('xrootd-archive.yaml', 'mine');
    // No byte can be written to any file, as on a full disk.
    const full = (...args: string[]) => {
      const words = [process.execPath, mainFile, 'config', 'init', '--target', target, ...args];
      const options = { cwd: directory.path, encoding: 'utf8' } as const;
      return spawnSync('bash', ['-c', 'ulimit -f 0; trap "" XFSZ; exec "$@"', 'bash', ...words], options);
    };
    for (const [name, ...more] of [['xrootd-archive.yaml', '--force'], ['new.yaml']]) {
      const { status, stderr } = full('-o', name!, ...more);
      assert.equal(status, 2, stderr);
      assert.match(stderr, /--output: .*EFBIG/);
    }
    assert.equal(readFileSync(file, 'utf8'), 'mine');
    assert.deepEqual(readdirSync(directory.path).sort(), ['cache', 'xrootd-archive.yaml']);
  });

  it('a replaced file keeps its mode, and stays where a link leads; a pipe stays a pipe', async () => {
    const file = directory.write('real.yaml', 'mine');
    chmodSync(file, 0o640);
    symlinkSync('real.yaml', directory.file('link.yaml'));
    assert.equal((await init('--target', target, '-o', 'link.yaml', '--force')).code, 0);
    assert.deepEqual(backupOf('real.yaml'), { target_url: target });
    assert.ok(lstatSync(directory.file('link.yaml')).isSymbolicLink());
    assert.equal(statSync(file).mode & 0o777, 0o640);
    const pipe = directory.file('pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = spawn('cat', [pipe]);
    let text = '';
    reader.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    const closed = once(reader, 'close');
    assert.equal((await init('--target', target, '-o', 'pipe', '--force')).code, 0);
    await closed;
    assert.match(text, /target_url/);
    assert.ok(lstatSync(pipe).isFIFO());
  });

  it('writes to standard output, and as JSON', async () => {
    assert.match(
      (await init('--target', target, '-o', '-')).stdout,
      /^backup:\n[^]*\n {2}target_url: root:/m,
    );
    const [text] = jsonLines((await init('--target', target, '-o', '-', '--json')).stdout);
    assert.match(String(text?.['text']), /target_url/);
    const [named] = jsonLines((await init('--target', target, '-o', 'a.yaml', '--json')).stdout);
    assert.deepEqual(named, { type: 'config', file: directory.file('a.yaml') });
  });

  it('asks on a terminal for what the options do not say, and again after a wrong answer', async function () {
    if (!hasScript()) this.skip();
    const child = initOnTerminal(directory.path, ' --timezone UTC');
    const closed = once(child, 'close') as Promise<[number]>;
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const answers: [asked: RegExp, answer: string][] = [
      [/The cache[^]*: $/, directory.file('cache')],
      [/The target[^]*: $/, 'http://h/x'],
      [/protocol http[^]*The target[^]*: $/, target],
      [/When a local file goes[^]*\[backed_up\]: $/, 'cached'],
      [/SSS keytab[^]*: $/, ''],
      [/When the service begins[^]*: $/, ''],
    ];
    for (const [asked, answer] of answers) {
      while (!asked.test(output)) await once(child.stdout, 'data');
      output = '';
      child.stdin.write(`${answer}\n`);
    }
    const [code] = await closed;
    assert.equal(code, 0, output);
    assert.deepEqual(backupOf('xrootd-archive.yaml'), {
      ...{ cache_directory: directory.file('cache'), target_url: target, auto_remove: 'cached' },
      ...{ copy_cron_string: '0 * * * *', timezone_str: 'UTC' },
    });
  });

  it('writes nothing when the questions are left', async function () {
    if (!hasScript()) this.skip();
    const child = initOnTerminal(directory.path);
    const closed = once(child, 'close') as Promise<[number]>;
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    while (!/The cache[^]*: $/.test(output)) await once(child.stdout, 'data');
    child.stdin.write('\x03');
    const [code] = await closed;
    assert.equal(code, 130, output);
    writeFileSync(directory.file('xrootd-archive.yaml'), 'free', { flag: 'wx' });
  });
});
