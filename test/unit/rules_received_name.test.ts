import assert from 'node:assert/strict';
import path from 'node:path';
import fc from 'fast-check';
import { nameProblem } from '../../lib/rules/names.js';
import { MAX_LOCAL_PATH_BYTES, receivedNameProblem } from '../../lib/rules/received_name.js';

const long = (length: number): string => 'x'.repeat(length);

describe('names that a server lists (S8)', () => {
  for (const name of [
    'a.h5',
    'a/b/c',
    'back\\slash',
    '..\\..\\x',
    '...',
    '.hidden',
    'C:\\x',
    'é/日本',
    long(255),
  ])
    it(`takes ${JSON.stringify(name).slice(0, 40)}`, () => {
      assert.equal(receivedNameProblem(name), undefined);
    });

  const refused: [string, RegExp][] = [
    ['', /is empty/],
    ['/etc/passwd', /absolute/],
    ['//x', /absolute/],
    ['..', /component "\.\."/],
    ['../x', /component "\.\."/],
    ['a/../../x', /component "\.\."/],
    ['a/..', /component "\.\."/],
    ['.', /component "\."/],
    ['a/./b', /component "\."/],
    ['a//b', /empty component/],
    ['a/', /empty component/],
    ['a\0b', /U\+0000/],
    ['a\nb', /newline/],
    ['a?b', /"\?"/],
    ['a\ud800', /UTF-8/],
    ['a/.xrootd-archive.lock', /reserved/],
    ['.xrootd-archive.d/x', /reserved/],
    [long(256), /longer than 255/],
    ['é'.repeat(128), /longer than 255/],
  ];
  for (const [name, reason] of refused)
    it(`refuses ${JSON.stringify(name).slice(0, 40)}`, () => {
      assert.match(receivedNameProblem(name) ?? '', reason);
    });

  it('takes longer paths than we upload, if they can be written', () => {
    const name = `${Array(15).fill(long(99)).join('/')}/${long(200)}`;
    assert.notEqual(nameProblem(name), undefined);
    assert.equal(receivedNameProblem(name), undefined);
    const room = MAX_LOCAL_PATH_BYTES - name.length - 1;
    assert.equal(receivedNameProblem(name, { directory: long(room) }), undefined);
    const reason = receivedNameProblem(name, { directory: long(room + 1) });
    assert.match(reason ?? '', /^its name is too long to be written.* 4096 bytes$/);
    // A short name is first written under a longer one.
    const directory = long(MAX_LOCAL_PATH_BYTES - 10);
    assert.notEqual(receivedNameProblem('a', { directory }), undefined);
  });

  it('never lead out of the directory, nor to another name', () => {
    const component = fc.oneof(
      fc.constantFrom('..', '.', '', 'a', '..a', '\\', '.xrootd-archive.x', '\0'),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    const name = fc.array(component, { maxLength: 6 }).map((components) => components.join('/'));
    fc.assert(
      fc.property(name, (text) => {
        if (receivedNameProblem(text) !== undefined) return;
        assert.equal(path.posix.join('/restore', text), `/restore/${text}`);
        assert.doesNotMatch(text, /(^|\/)\.xrootd-archive\.|\0/);
      }),
      { numRuns: 1000 },
    );
  });
});
