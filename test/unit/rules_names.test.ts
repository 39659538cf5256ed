import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  checkName,
  checkNameText,
  isReserved,
  MAX_REMOTE_PATH_BYTES,
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
      assert.deepEqual(checkName(Buffer.from(name)), { ok: true, name });
    });

  const refused: [Uint8Array, RegExp][] = [
    [bytes(''), /is empty/],
    [bytes('/abs'), /absolute/],
    [bytes('bad\xff'), /UTF-8/],
    [bytes('cut\xc3'), /UTF-8/],
    [bytes('surrogate\xed\xa0\x80'), /UTF-8/],
    [bytes('a?b'), /"\?"/],
    [bytes('d?r/b'), /"\?"/],
    [bytes('a\nb'), /newline/],
    [bytes('a\rb'), /carriage return/],
    [bytes('a\0b'), /U\+0000/],
    [bytes('a\x1bb'), /U\+001B/],
    [bytes('a\x7fb'), /U\+007F/],
    [bytes('a\xc2\x85b'), /U\+0085/],
    [bytes('a//b'), /empty component/],
    [bytes('a/'), /empty component/],
    [bytes('./a'), /component "\."/],
    [bytes('a/../b'), /component "\.\."/],
    [bytes('a/..'), /component "\.\."/],
    [bytes('.xrootd-archive.lock'), /reserved/],
    [bytes('a/.xrootd-archive.removing.b'), /reserved/],
    [bytes(long(255)), /longer than 254/],
    [Buffer.from(`${'é'.repeat(127)}x`), /longer than 254/],
    [bytes(Array(20).fill(long(60)).join('/')), /too long/],
  ];
  for (const [raw, reason] of refused)
    it(`refuses ${JSON.stringify(Buffer.from(raw).toString('latin1')).slice(0, 40)}`, () => {
      const verdict = checkName(raw);
      assert.ok(!verdict.ok);
      assert.match(verdict.reason, reason);
    });

  it('counts the base path, in bytes', () => {
    const base = '/eos/archive';
    const room = MAX_REMOTE_PATH_BYTES - base.length - 1;
    const name = `${Array(5).fill(long(151)).join('/')}/${long(room - 5 * 152)}`;
    assert.ok(checkNameText(name, { base }).ok);
    assert.ok(!checkNameText(`${name}x`, { base }).ok);
    assert.ok(!checkNameText(name.replace(/xx$/, 'xé'), { base }).ok);
  });

  it('never lets two records meet at one remote path', () => {
    const component = fc.uint8Array({ minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(component, component, (one, other) => {
        const [a, b] = [checkName(one), checkName(other)];
        if (!a.ok || !b.ok) return;
        const same = Buffer.compare(one, other) === 0;
        assert.equal(remotePath('/base', a.name) === remotePath('/base', b.name), same);
        assert.deepEqual(Buffer.from(a.name), Buffer.from(one));
      }),
    );
  });

  it('accepts only what stays one line without CGI, at every length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        if (!checkNameText(text).ok) return;
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
