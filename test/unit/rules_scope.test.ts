import assert from 'node:assert/strict';
import fc from 'fast-check';
import { OUTSIDE, scopeOf } from '../../lib/rules/scope.js';

const { excluded, notIncluded } = OUTSIDE;

describe('which records are archived', () => {
  const table: [
    include: string[] | undefined,
    exclude: string[] | undefined,
    path: string,
    outside?: string,
  ][] = [
    [undefined, undefined, 'a/b.h5'],
    [['a'], undefined, 'a/b.h5'],
    [['a'], undefined, 'b/a', notIncluded],
    [['**/*.h5', 'logs'], undefined, 'a/b/c.h5'],
    [['**/*.h5', 'logs'], undefined, 'logs/x.txt'],
    [['**/*.h5'], undefined, 'a/b.txt', notIncluded],
    [['.'], undefined, 'a'],
    [undefined, ['**/*.tmp'], 'x.tmp', excluded],
    [undefined, ['**/*.tmp'], 'a/b/x.tmp', excluded],
    [undefined, ['*.tmp'], 'a/x.tmp'],
    [undefined, ['**/.*'], 'a/.hidden', excluded],
    [undefined, ['scratch'], 'scratch/a/b', excluded],
    [undefined, ['scratch'], 'scratch2'],
    [['a'], ['a/tmp'], 'a/tmp/x', excluded],
    [['a/tmp/x'], ['a/tmp'], 'a/tmp/x', excluded],
    [['a'], ['b'], 'c', notIncluded],
    [undefined, ['.'], 'anything', excluded],
  ];
  for (const [include, exclude, path, outside] of table)
    it(`include ${include?.join() ?? '-'}, exclude ${exclude?.join() ?? '-'}: ${path} ${outside ?? 'is archived'}`, () => {
      assert.equal(scopeOf({ include, exclude }).outside(path), outside);
    });

  it('exclude wins, and one pattern more never archives a record more than include does', () => {
    const words = fc.constantFrom('a', 'b', 'a/b', '*', '**/b', 'a/*', '{a,b}/c', '.');
    const lists = fc.option(fc.array(words, { minLength: 1, maxLength: 3 }), { nil: undefined });
    const path = fc.constantFrom('a', 'b', 'c', 'a/b', 'a/c', 'b/c', 'a/b/c');
    fc.assert(
      fc.property(lists, lists, words, path, (include, exclude, more, file) => {
        const { outside } = scopeOf({ include, exclude });
        const narrower = scopeOf({ include, exclude: [...(exclude ?? []), more] });
        if (outside(file) !== undefined) assert.notEqual(narrower.outside(file), undefined);
        if (scopeOf({ exclude }).excluded(file)) assert.equal(outside(file), excluded);
      }),
    );
  });
});
