import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  isReserved,
  MAX_REMOTE_PATH_BYTES,
  nameProblem,
  printableName,
  remotePath,
} from '../../lib/rules/names.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const long = (length: number): string => 'x'.repeat(length);

describe('names that XRootD can carry (S9)', () => {
  // Each was copied, listed, summed and renamed by libXrdCl 5.5.3 on a real server, and arrived as it is.
  const faithful = [
    'a.h5',
    'a/b/c.h5',
    'with space',
    ' leading and trailing ',
    'a&b=c',
    'a%20b',
    'a%2fb',
    'a#b',
    'quote\'s "and" back\\slash',
    '...',
    '..a',
    'a..',
    '.hidden',
    '-dash',
    '~home',
    '*[1]{2}',
    'a.meta4',
    'authz=1',
    'caf\u00e9',
    'cafe\u0301',
    '日本',
    'x\ufeff',
    '\ufeffx',
    long(254),
  ];
  for (const name of faithful)
    it(`carries ${JSON.stringify(name).slice(0, 40)}`, () => {
      assert.equal(nameProblem(name), undefined);
      assert.equal(Buffer.from(name).toString(), name);
    });

  const refused: [string, RegExp][] = [
    ['', /is empty/],
    ['/abs', /absolute/],
    ['surrogate\ud800', /surrogate|UTF-8/],
    ['a?b', /"\?"/],
    ['d?r/b', /"\?"/],
    ['a\nb', /newline/],
    ['a\rb', /carriage return/],
    ['a\0b', /U\+0000/],
    ['a\x1bb', /U\+001B/],
    ['a\x7fb', /U\+007F/],
    ['a\u0085b', /U\+0085/],
    ['a//b', /empty component/],
    ['a/', /empty component/],
    ['./a', /component "\."/],
    ['a/../b', /component "\.\."/],
    ['a/..', /component "\.\."/],
    ['.xrootd-archive.lock', /reserved/],
    ['a/.xrootd-archive.removing.b', /reserved/],
    [long(255), /longer than 254/],
    [`${'é'.repeat(127)}x`, /longer than 254/],
    [Array(20).fill(long(60)).join('/'), /too long/],
  ];
  for (const [name, reason] of refused)
    it(`refuses ${JSON.stringify(name).slice(0, 40)}`, () => {
      assert.match(nameProblem(name) ?? '', reason);
    });

  it('counts the base path, in bytes', () => {
    const base = '/eos/archive';
    const room = MAX_REMOTE_PATH_BYTES - base.length - 1;
    const name = `${Array(5).fill(long(151)).join('/')}/${long(room - 5 * 152)}`;
    assert.equal(nameProblem(name, { base }), undefined);
    assert.match(nameProblem(`${name}x`, { base }) ?? '', /too long/);
    assert.match(nameProblem(name.replace(/xx$/, 'xé'), { base }) ?? '', /too long/);
  });

  it('never lets two records meet at one remote path', () => {
    const component = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(component, component, (one, other) => {
        if (nameProblem(one) !== undefined || nameProblem(other) !== undefined) return;
        assert.equal(remotePath('/base', one) === remotePath('/base', other), one === other);
        assert.equal(Buffer.from(one).toString(), one);
      }),
    );
  });

  it('accepts only what stays one line without CGI, at every length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        if (nameProblem(text) !== undefined) return;
        // eslint-disable-next-line no-control-regex
        assert.doesNotMatch(text, /[?\u0000-\u001f\u007f]|^\/|\/\/|(^|\/)\.{1,2}(\/|$)/);
        assert.equal(Buffer.from(text).toString(), text);
      }),
    );
  });

  it('joins base and name by one slash', () => {
    assert.equal(remotePath('/', 'a'), '/a');
    assert.equal(remotePath('/b', 'a'), '/b/a');
    assert.equal(remotePath('/b/', 'a'), '/b/a');
  });

  it('prints any name on one line', () => {
    assert.equal(printableName(bytes('bad\xff\n')), 'bad\\xff\\x0a');
    assert.equal(printableName('é\u2028'), 'é\\u2028');
    fc.assert(
      fc.property(fc.uint8Array(), (raw) => {
        assert.doesNotMatch(printableName(raw), /\p{Cc}/u);
      }),
    );
  });

  it('knows our own files', () => {
    assert.ok(isReserved('.xrootd-archive.x'));
    assert.ok(!isReserved('.xrootd-archive'));
    assert.ok(!isReserved('x.xrootd-archive.'));
  });
});
