import assert from 'node:assert/strict';
import { parseTarget } from '../../lib/config/target.js';

describe('the target URL', () => {
  const good: [string, string][] = [
    ['root://host//base', 'root://host//base'],
    ['root://host/base/', 'root://host//base'],
    ['root://host', 'root://host//'],
    ['root://host:1094///a//b///', 'root://host:1094//a/b'],
    ['ROOTS://user@host.example.org:1095//a b/é', 'roots://user@host.example.org:1095//a b/é'],
    ['xroot://[::1]:1094//x', 'xroot://[::1]:1094//x'],
    ['xroots://127.0.0.1//x', 'xroots://127.0.0.1//x'],
  ];
  for (const [given, url] of good)
    it(`takes ${given}`, () => {
      assert.equal(parseTarget(given).url, url);
      assert.equal(parseTarget(url).url, url);
    });

  it('comes in parts', () => {
    assert.deepEqual(parseTarget('root://me@host:1094//a/b'), {
      url: 'root://me@host:1094//a/b',
      protocol: 'root',
      user: 'me',
      host: 'host',
      port: 1094,
      endpoint: 'root://me@host:1094',
      base: '/a/b',
    });
  });

  const bad: [string, RegExp][] = [
    ['', /must be a URL/],
    ['host//base', /must be a URL/],
    ['/local/path', /must be a URL/],
    ['root:/host/x', /must be a URL/],
    ['http://host//base', /http:\/\/, but only root/],
    ['file:///tmp', /file:\/\//],
    ['root:////base', /no host/],
    ['root://@host//b', /user name/],
    ['root://:1094//b', /no host/],
    ['root://host:0//b', /port/],
    ['root://host:99999//b', /port/],
    ['root://host:x//b', /port/],
    ['root://ho st//b', /malformed host/],
    ['root://host//a/../b', /component/],
    ['root://host//a\nb', /newline/],
  ];
  for (const [given, message] of bad)
    it(`refuses ${JSON.stringify(given)}`, () => {
      assert.throws(() => parseTarget(given), message);
    });

  it('never repeats a secret', () => {
    for (const given of [
      'root://me:hunter2@host//b',
      'root://host//b?authz=hunter2',
      'root://me:hunter2@ho st//b',
    ])
      assert.throws(
        () => parseTarget(given),
        (error: Error) => !error.message.includes('hunter2'),
      );
  });
});
