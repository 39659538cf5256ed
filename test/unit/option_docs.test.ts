/** What an editor shows of each option: lib/config/options.ts and block_options.ts name all that there are, each with its words. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ArchiveConfig, Checked } from '../../lib/config/archive_config.js';
import { camelCase } from '../../lib/config/case.js';
import { BACKUP_KEYS, INNER_KEYS } from '../../lib/config/schema.js';

type Same<A, B> = [A, B, keyof A, keyof B] extends [B, A, keyof B, keyof A] ? true : false;
/** The compiler refuses another value than `true` only if the types are the same. */
const same: Same<ArchiveConfig, Checked> = true;

/** Options of the interface by name, each with its docstring. */
function optionsOf(file: string, name: string): Map<string, string> {
  const source = readFileSync(fileURLToPath(new URL(`../../../lib/config/${file}`, import.meta.url)), 'utf8');
  const body = new RegExp(`^export interface ${name} \\{\\n(.*?)^\\}`, 'ms').exec(source)?.[1];
  assert.ok(body !== undefined, name);
  const found = body.matchAll(/(?:\/\*\*((?:(?!\*\/).)*)\*\/\s*)?^ {2}(\w+)\??: /gms);
  return new Map(
    [...found].map(([, text = '', option = '']) => [option, text.replace(/\s*\n\s*\*\s*/g, ' ').trim()]),
  );
}

describe('docstrings of the options', () => {
  it('ArchiveConfig has the types of the schema', () => {
    assert.ok(same);
  });
  const interfaces: [file: string, name: string, keys: readonly string[]][] = [
    ['options.ts', 'ArchiveOptions', BACKUP_KEYS],
    ...Object.entries(INNER_KEYS).map(([block, keys]): [string, string, readonly string[]] => [
      'block_options.ts',
      `${block[0]?.toUpperCase()}${block.slice(1)}Block`,
      keys,
    ]),
  ];
  for (const [file, name, keys] of interfaces)
    it(`${name} has every option, with its meaning and its default`, () => {
      const options = optionsOf(file, name);
      assert.deepEqual([...options.keys()].sort(), keys.map(camelCase).sort());
      for (const [option, text] of options)
        assert.match(text, /^.{20,}[.:] (?:Required\.|Default(?:: none| `.*`)\.)$/, `${option}: ${text}`);
    });
});
