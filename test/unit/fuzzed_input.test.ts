/** Configurations and command lines that nobody would write: always a clear word, never a stack, a crash or a change. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigError } from '../../lib/config/errors.js';
import { loadConfig } from '../../lib/config/load.js';
import { BACKUP_KEYS, INNER_KEYS } from '../../lib/config/schema.js';
import { scaled } from '../support/tier.js';
import { withTemp } from '../support/temporary.js';

const odd = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '*',
      '\u0007',
      '\u001b[2J',
      '\ufeff',
      '\ud800',
      '0',
      '-1',
      '1e999',
      'PT',
      '../..',
      '/',
      '%Y',
      '[',
      '(a+)+$',
      'root://',
      'root://h//b',
      '{a,{b,{c',
      'x'.repeat(5000),
    ),
  },
  fc.anything({
    maxDepth: 3,
    withNullPrototype: true,
    withBigInt: false,
    withSparseArray: false,
    withDate: true,
  }),
  fc.string({ unit: 'binary' }),
);
const key = fc.oneof(
  fc.constantFrom(...BACKUP_KEYS, ...Object.values(INNER_KEYS).flat()),
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '<<', '', 'backup'),
  fc.string(),
);

async function assertToldOrTaken(directory: string, text: string | Uint8Array): Promise<void> {
  const file = join(directory, 'conf.yaml');
  await writeFile(file, text);
  try {
    await loadConfig(file, {}, { cwd: directory, defaultFiles: [] });
  } catch (error) {
    assert.ok(error instanceof ConfigError, (error as Error).stack);
    assert.ok(error.message.length > 10);
    assert.doesNotMatch(error.message, /\n +at .*\.js:\d|undefined|\[object Object\]/);
  }
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.deepEqual(await readdir(directory), ['cache', 'conf.yaml']);
  assert.deepEqual(await readdir(join(directory, 'cache')), []);
}

async function withCache(use: (directory: string) => Promise<void>): Promise<void> {
  await withTemp(async (directory) => {
    await mkdir(join(directory, 'cache'));
    await use(directory);
  });
}

describe('a configuration file that nobody would write', () => {
  // Thousands of them, one after another.

  it('a valid one of which one value was replaced', async () => {
    await withCache(async (directory) => {
      const valid = {
        cache_directory: 'cache',
        target_url: 'root://h//b',
        mail: { host: 'h', from_addr: 'a@b', to_addrs: ['c@d'] },
        http: { port: 1 },
        drill: { cron_string: '0 0 * * *' },
      };
      await fc.assert(
        fc.asyncProperty(
          key,
          fc.option(fc.constantFrom('mail', 'http', 'drill', 'audit', 'retention')),
          odd,
          async (name, inner, value) => {
            const block: Record<string, unknown> = structuredClone(valid);
            const at = inner === null ? block : ((block[inner] ??= {}) as Record<string, unknown>);
            Object.defineProperty(at, name, { value, enumerable: true, configurable: true, writable: true });
            let text: string;
            try {
              text = stringify({ backup: block });
            } catch {
              // No YAML.
              return;
            }
            await assertToldOrTaken(directory, text);
          },
        ),
        { numRuns: scaled('configurations', 200, 5000) },
      );
    });
  });

  it('pieces of YAML in any order, and bytes', async () => {
    await withCache(async (directory) => {
      const piece = fc.constantFrom(
        'backup:',
        '\n',
        '  ',
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '<<: ',
        '? ',
        ': ',
        '- ',
        '!!binary ',
        '!!js/function ',
        '|',
        '>',
        '"',
        "'",
        '---',
        '...',
        '%YAML 9.9',
        '\t',
        '#',
        'target_url',
        'root://h//b',
        '__proto__: ',
        'polluted: 1',
        '\0',
        '@',
        '`',
        ',',
      );
      const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            text,
            text.map((rest) => `backup: {${rest}`),
            fc.uint8Array({ maxLength: 200 }),
          ),
          (given) => assertToldOrTaken(directory, given),
        ),
        { numRuns: scaled('configurations', 200, 5000) },
      );
    });
  });

  it('bombs, loops, depths, endless files', async () => {
    await withCache(async (directory) => {
      const bomb = [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...'bcdefgh'
          .split('')
          .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]`),
      ].join('\n');
      for (const [text, told] of [
        [`${bomb}\nbackup: {target_url: *h}`, /not valid YAML: .*alias/],
        ['backup: &a {mail: *a}', /contains itself/],
        ['backup: &a [*a]', /contains itself/],
        ['backup: {target_url: *nope}', /not valid YAML: Unresolved alias/],
        [`backup: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, /not valid YAML/],
        [`backup: ${'['.repeat(200)}${']'.repeat(200)}`, /deeper than/],
        [`backup: {target_url: root://h//${'b'.repeat(2_000_000)}}`, /more than 1048576 bytes/],
      ] as const) {
        const file = join(directory, 'conf.yaml');
        await writeFile(file, text);
        await assert.rejects(loadConfig(file, {}, { cwd: directory }), (error: Error) => {
          assert.equal(error.name, 'ConfigError');
          assert.match(error.message, told);
          return true;
        });
      }
      await assert.rejects(loadConfig('/dev/zero', {}, { cwd: directory }), /more than 1048576 bytes/);
    });
  });
});

describe('a command line that nobody would write', () => {
  it('ends with 2 and a clear word, or is a harmless command; nothing is touched', async () => {
    const words = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          'backup',
          'restore',
          'status',
          'ls',
          'find',
          'stage',
          'evict',
          'verify',
          'drill',
          'retention',
          'run',
          'usage',
          'config',
          'check',
          'example',
          'catalogue',
          'export',
          'import',
          'rebuild',
          'forget',
          'adopt',
          'help',
        ),
      },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          '-c',
          '--config',
          '--cache',
          '--target',
          '--json',
          '--dry-run',
          '--shard',
          '--to',
          '--log-level',
          '-V',
          '--help',
          '--',
          '-',
          '--no-such',
          '--json=1',
          '--shard=9/3',
          '-abc',
          '--output',
          '--format',
          '--confirm',
          '--wait',
          '--checksums',
        ),
      },
      fc.constantFrom(
        '',
        ' ',
        '.',
        '..',
        '/',
        '\u0007',
        '\u001b[31m',
        '\u009b',
        '\n',
        '\u202e',
        'x'.repeat(20_000),
        '0/0',
        '1e9',
        '-1',
        'root://',
        'http://h/',
        '__proto__',
        'constructor',
        '${HOME}',
        '$(id)',
        '/dev/null',
        '/no/such',
      ),
      fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
    );
    const lines = fc.sample(fc.array(words, { maxLength: 7 }), scaled('command lines', 150, 4000));
    await withTemp(async (directory) => {
      const script = fileURLToPath(new URL('children/command_lines.js', import.meta.url));
      // Standard input is the commands' own: `verify --checksums -` reads it.
      const child = spawn(process.execPath, [script], {
        cwd: directory,
        stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
      });
      const asked = child.stdio[3] as Writable;
      assert.ok(child.stdout !== null);
      const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      try {
        for (const line of lines) {
          asked.write(`${JSON.stringify(line)}\n`);
          const told = JSON.stringify(line).slice(0, 300);
          const hangs = setTimeout(() => child.kill(), 60_000);
          const next = await answers.next();
          clearTimeout(hangs);
          assert.ok(next.done !== true, `the process ended, or hung for a minute, at ${told}`);
          const { code, out } = JSON.parse(next.value) as { code: unknown; out: string };
          assert.ok(code === 0 || code === 2, `${told}: ${String(code)} ${out}`);
          assert.doesNotMatch(out, /\n +at .*:\d+:\d+|This is a bug|undefined/, told);
          if (code === 2) assert.match(out, /\S{3}/, told);
        }
        assert.deepEqual(await readdir(directory), []);
      } finally {
        asked.end();
        child.kill();
      }
    });
  });
});
