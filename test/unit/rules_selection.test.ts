import assert from 'node:assert/strict';
import fc from 'fast-check';
import { rootsOf, selector, type Selection } from '../../lib/rules/selection.js';

const at = (path: string, iso = '2026-01-01') => ({ path, mtime: new Date(iso) });
const selects = (patterns: string[], path: string) => selector({ patterns })(at(path));

describe('records that are meant, by path', () => {
  const table: [patterns: string[], yes: string[], no: string[]][] = [
    [['.'], ['a', 'a/b', '.hidden'], []],
    [['./'], ['a'], []],
    [[], ['a', 'a/b'], []],
    [['a'], ['a', 'a/b', 'a/b/c'], ['ab', 'b/a', 'A']],
    [['a/b'], ['a/b', 'a/b/c'], ['a', 'a/bc', 'a/c', 'b']],
    [['./a//b/./'], ['a/b', 'a/b/c'], ['a/c']],
    [['a', 'b/c'], ['a/x', 'b/c/x'], ['b/x']],
    [['*'], ['a', 'a/b/c', '.hidden', '.d/x'], []],
    [['*.h5'], ['a.h5', '.h5', 'x.h5/raw/1'], ['a.h5x', 'd/a.h5']],
    [['**/*.h5'], ['a.h5', 'd/a.h5', 'd/.e/f/a.h5'], ['a.dat']],
    [['2026/*/raw'], ['2026/s1/raw', '2026/s1/raw/a/b'], ['2026/raw', '2026/s1/x', '2026/s1/s2/raw']],
    [['2026/**'], ['2026/a', '2026/a/b'], ['2027/a']],
    [['a?.h5'], ['ab.h5', 'a日.h5', 'a😀.h5', 'a?.h5'], ['a.h5', 'abc.h5', 'a/.h5']],
    [['[a-c]x'], ['ax', 'cx/y', '[a-c]x'], ['dx']],
    [['[!a]x'], ['bx'], ['ax', 'b/x']],
    [['{a/b,c}/*.h5'], ['a/b/1.h5', 'c/1.h5'], ['a/1.h5', 'b/1.h5']],
    [['shot{1..3}'], ['shot1', 'shot3/x'], ['shot4']],
    [['shot{1..2000}'], ['shot1234'], ['shot2001']],
    [['@(a|b).h5'], ['a.h5', 'b.h5'], ['c.h5']],
    [['a\\*b'], ['a*b', 'a\\*b'], ['axb']],
    // Names as facilities and browsers make them.
    [['shot (1).h5'], ['shot (1).h5'], ['shot 1.h5']],
    [['shot(1)*'], ['shot(1).h5'], ['shot1.h5']],
    [['shot[1].h5'], ['shot[1].h5', 'shot1.h5'], ['shot2.h5']],
    [['a+b*'], ['a+b.h5'], ['aab.h5']],
    [['!a*'], ['!a.h5'], ['b']],
    [['#a*'], ['#a.h5'], ['a']],
    [['a{b'], ['a{b', 'a{b/c'], ['ab']],
    [['$x/**'], ['$x/y'], ['x/y']],
  ];
  for (const [patterns, yes, no] of table) {
    it(JSON.stringify(patterns), () => {
      for (const path of yes) assert.ok(selects(patterns, path), path);
      for (const path of no) assert.ok(!selects(patterns, path), path);
    });
  }

  it('take lists as they are: no letter is special in them', () => {
    const matches = selector({ paths: ['a*', 'b/[1]', 'c\\d', 'e'] });
    for (const path of ['a*', 'a*/x', 'b/[1]', 'c\\d', 'e/f']) assert.ok(matches(at(path)), path);
    for (const path of ['ab', 'b/1', 'cd']) assert.ok(!matches(at(path)), path);
    assert.deepEqual(matches.roots, ['a*', 'b/[1]', 'c\\d', 'e']);
  });

  it('of an empty list are none, without any list all', () => {
    const none = selector({ patterns: [], paths: [] });
    assert.deepEqual([none(at('a')), none.directoryMayMatch(''), none.roots], [false, false, []]);
    const all = selector({});
    assert.deepEqual([all(at('a')), all.directoryMayMatch('x'), all.roots], [true, true, ['']]);
    assert.ok(selector({ patterns: ['a'], paths: [] })(at('a')));
  });

  it('tell what named nothing', () => {
    const asked: Selection = { patterns: ['a', './b/', 'c*', 'd*', 'e[1]', 'f'], paths: ['g', 'h'] };
    const matches = selector({ ...asked, since: new Date('2027-01-01') });
    for (const path of ['a/x', 'b', 'c1', 'cc', 'e[1]', 'g/x', 'z']) assert.ok(!matches(at(path)));
    assert.deepEqual(matches.unmatched(), ['d*', 'f', 'h']);
    assert.deepEqual(selector({ patterns: ['.'] }).unmatched(), ['.']);
    // A name that is asked about alone is seen, whatever its time.
    assert.deepEqual(['d1', 'z'].map(matches.names), [true, false]);
    assert.deepEqual(matches.unmatched(), ['f', 'h']);
    // Each counts on its own, also where they name the same.
    const both = selector({ patterns: ['a', 'a*', 'a/*', '.'] });
    both(at('a/b'));
    assert.deepEqual(both.unmatched(), []);
  });

  const wrong: [pattern: string, message: RegExp][] = [
    ['', /^the path "" is empty; "\." is everything$/],
    ['/a', /^the path "\/a" is absolute; paths are relative to the target's base$/],
    ['..', /component "\.\."/],
    ['a/../b', /component "\.\."/],
    ['a/*/../b', /component "\.\."/],
    ['a/{x,..}/b', /component "\.\."/],
    ['{a,b}'.repeat(10), /more than 1000 alternatives/],
    ['*'.repeat(5000), /longer than 4096/],
  ];
  for (const [pattern, message] of wrong) {
    it(`refuses ${JSON.stringify(pattern).slice(0, 40)}`, () => {
      assert.throws(() => selector({ patterns: [pattern] }), { message });
      assert.throws(() => rootsOf([pattern]), { message });
    });
  }

  it('stay quick with many plain paths', () => {
    const paths = Array.from({ length: 100_000 }, (_, index) => `d${index % 100}/f${index}`);
    const matches = selector({ paths });
    assert.ok(paths.every((path) => matches(at(path))));
    assert.deepEqual(matches.unmatched(), []);
  });
});

describe('records that are meant, by time', () => {
  const [since, until] = [new Date('2026-01-01'), new Date('2026-02-01')];
  const table: [iso: string, bounds: Selection, expected: boolean][] = [
    ['2025-12-31T23:59:59.999Z', { since }, false],
    ['2026-01-01', { since }, true],
    ['2026-02-01', { until }, false],
    ['2026-01-31T23:59:59.999Z', { until }, true],
    ['2026-01-15', { since, until }, true],
    ['2026-03-01', { since, until }, false],
    ['1970-01-01', {}, true],
  ];
  for (const [iso, bounds, expected] of table) {
    it(`${iso} ${JSON.stringify(bounds)}`, () => {
      assert.equal(selector(bounds)(at('a', iso)), expected);
      assert.equal(selector({ ...bounds, patterns: ['b'] })(at('a', iso)), false);
    });
  }
});

describe('where listing starts', () => {
  const table: [patterns: string[], paths: string[] | undefined, roots: string[]][] = [
    [['.'], undefined, ['']],
    [[], undefined, ['']],
    [[], [], []],
    [['a', 'b/c/'], undefined, ['a', 'b/c']],
    [['a/b', 'a', 'a/b/c'], undefined, ['a']],
    [['a', 'ab'], undefined, ['a', 'ab']],
    [['a', 'a', './a'], undefined, ['a']],
    [['*.h5', 'a'], undefined, ['']],
    [['a/b/*.h5'], undefined, ['a/b']],
    [['a/b*/c'], undefined, ['a']],
    [['a/**', 'a/b/c'], undefined, ['a']],
    [['a/{b,c}/d'], undefined, ['a']],
    [['a/shot(1)/x*'], undefined, ['a/shot(1)']],
    [['a/b[1]'], undefined, ['a']],
    [['a/b*'], ['a/b*', 'c*'], ['c*', 'a']],
  ];
  for (const [patterns, paths, roots] of table) {
    it(`${JSON.stringify(patterns)} ${JSON.stringify(paths ?? '')}`, () => {
      assert.deepEqual(rootsOf(patterns, paths), roots);
      assert.deepEqual(selector({ patterns, paths }).roots, roots);
    });
  }
});

describe('directories that need not be listed', () => {
  const table: [patterns: string[], enter: string[], skip: string[]][] = [
    [['.'], ['', 'a', 'a/b'], []],
    [['a/b'], ['', 'a', 'a/b', 'a/b/c'], ['b', 'a/c', 'ab']],
    [['*.h5'], ['', 'd.h5', 'd.h5/x'], ['a', 'a/b']],
    [['**/*.h5'], ['', 'a', 'a/b/c'], []],
    [['2026/*/raw'], ['', '2026', '2026/s', '2026/s/raw', '2026/s/raw/x'], ['2027', '2026/s/y']],
    [['{a/b,c}/x*'], ['', 'a', 'a/b', 'c', 'c/x1'], ['b', 'a/c', 'c/y']],
    [['a/b[1]'], ['a', 'a/b[1]', 'a/b1'], ['a/b2', 'b']],
  ];
  for (const [patterns, enter, skip] of table) {
    it(JSON.stringify(patterns), () => {
      const { directoryMayMatch } = selector({ patterns });
      for (const path of enter) assert.ok(directoryMayMatch(path), path);
      for (const path of skip) assert.ok(!directoryMayMatch(path), path);
    });
  }

  const component = fc.constantFrom('a', 'b', 'ab', '.a', 'a[1]', 'a1');
  const path = fc.array(component, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
  const magic = fc.constantFrom(
    'a',
    'b',
    'ab',
    '*',
    '**',
    'a*',
    '?',
    '[ab]',
    '{a,b}',
    '{a/b,b}',
    '.a',
    'a[1]',
    '!(a)',
  );
  const pattern = fc.array(magic, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
  const patterns = fc.array(pattern, { maxLength: 3 });
  const paths = fc.option(fc.array(path, { maxLength: 3 }), { nil: undefined });

  it('hold nothing that is meant; what is meant lies below a root', () => {
    fc.assert(
      fc.property(patterns, paths, path, (globs, plain, file) => {
        const matches = selector({ patterns: globs, paths: plain });
        if (!matches(at(file))) return;
        const parts = file.split('/');
        const above = parts.map((_, depth) => parts.slice(0, depth).join('/'));
        for (const directory of above) assert.ok(matches.directoryMayMatch(directory), directory);
        const listed = matches.roots.filter((root) => root === '' || `${file}/`.startsWith(`${root}/`));
        assert.equal(listed.length, 1);
      }),
      { numRuns: 2000 },
    );
  });

  it('what is below something that is meant is meant', () => {
    fc.assert(
      fc.property(patterns, path, path, (globs, above, below) => {
        const matches = selector({ patterns: globs });
        if (matches(at(above))) assert.ok(matches(at(`${above}/${below}`)));
      }),
      { numRuns: 1000 },
    );
  });
});
