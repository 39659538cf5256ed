import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  checkEndpoint,
  checkRemotePath,
  checkServerUrl,
  FileSystem,
  isRemoteUrl,
  pathOf,
  serverOf,
  urlOf,
} from '../../lib/xrdcl/index.js';

const servers: [url: string, server: string, path: string][] = [
  ['root://host', 'root://host', ''],
  ['root://host/', 'root://host', ''],
  ['root://host:1094//a/b', 'root://host:1094', '/a/b'],
  ['roots://host//a', 'roots://host', '/a'],
  ['xroot://host//a', 'xroot://host', '/a'],
  ['root://user@host:1//a?x=/y', 'root://user@host:1', '/a'],
  ['root://[::1]:1094//a', 'root://[::1]:1094', '/a'],
  ['root://host//a b%20#c', 'root://host', '/a b%20#c'],
];

const notServers = [
  '',
  'host',
  'host:/a',
  '/a/b',
  'http://host//a',
  'https://host',
  'root:/host//a',
  'root://',
  'root:///a',
  'root://host:port//a',
  'root://ho st//a',
  'root://host:123456//a',
  'file:///a',
  'root://a@b@c//d',
  ' root://host//a',
];

const refusedPaths: [title: string, path: string][] = [
  ['relative', 'a/b'],
  ['empty', ''],
  ['a question mark', '/a?b'],
  ['a newline', '/a\nb'],
  ['a NUL', '/a\0b'],
  ['a tab', '/a\tb'],
  ['a DEL', '/a\u007fb'],
];

const refusedEndpoints: [title: string, location: string][] = [
  ['a relative path is a host to libXrdCl', 'd/x'],
  ['a bare name', 'x'],
  ['host:path as ssh writes it', 'host:path'],
  ['host:/path', 'host:/path'],
  ['a file URL with one slash', 'file:/a'],
  ['a file URL with a host', 'file://host/a'],
  ['a question mark in a local path', '/d/q?x=1'],
  ['a question mark in a file URL', 'file:///d/q?x=1'],
  ['a remote URL without a path', 'root://host'],
  ['a remote URL with one slash', 'root://host/a'],
  ['http', 'http://host//a'],
  ['standard input', '-'],
  ['stdio', 'stdio://-'],
  ['a newline', '/a\nb'],
  ['a newline in a URL', 'root://host//a\nb'],
  ['a NUL', '/a\0b'],
  ['nothing', ''],
];

describe('names: servers', () => {
  for (const [url, server, path] of servers) {
    it(`${url} is ${server} and ${path || 'no path'}`, () => {
      assert.equal(checkServerUrl(url), url);
      assert.ok(isRemoteUrl(url));
      assert.equal(serverOf(url), server);
      assert.equal(pathOf(url), path);
      // With its options, which go with every request.
      const options = url.split('?')[1];
      assert.equal(new FileSystem(url).url, options === undefined ? server : `${server}//?${options}`);
    });
  }
  for (const url of notServers) {
    it(`${JSON.stringify(url)} is none`, () => {
      assert.throws(() => checkServerUrl(url), TypeError);
      assert.throws(() => new FileSystem(url), TypeError);
    });
  }
});

describe('names: paths on servers', () => {
  for (const [title, path] of refusedPaths) {
    it(`refuses ${title}`, () => {
      assert.throws(() => checkRemotePath(path), { name: 'TypeError', message: /^path "/ });
    });
  }

  it('refuses them in every request, before anything is sent', async () => {
    const fs = new FileSystem('root://no-such-host.invalid');
    for (const [, path] of refusedPaths) {
      const requests = [
        fs.stat(path),
        fs.statVfs(path),
        fs.dirList(path).next(),
        fs.mkdir(path),
        fs.rm(path),
        fs.rmdir(path),
        fs.mv(path, '/b'),
        fs.mv('/a', path),
        fs.truncate(path, 1),
        fs.chmod(path, 0o600),
        fs.locate(path),
        fs.stage(['/a', path]),
        fs.evict([path]),
        fs.cancelStage('id', [path]),
        fs.queryPrepare('id', [path]),
        fs.queryChecksum(path),
        fs.querySpace(path),
        fs.setXAttr(path, 'a', Buffer.alloc(1)),
        fs.getXAttr(path, 'a'),
        fs.delXAttr(path, 'a'),
        fs.listXAttr(path),
      ];
      for (const request of requests) await assert.rejects(request, TypeError);
    }
  });

  it('takes spaces, per cent signs, hashes and other alphabets as they are', () => {
    for (const path of ['/a b', '/a%20b', '/a#b', '/ä/日本', '/a&b=c', '/a.meta4', '//a//b']) {
      assert.equal(checkRemotePath(path), path);
      assert.equal(pathOf(urlOf('root://host:1', path)), path);
    }
  });

  it('finds server and path again in what it joins', () => {
    const name = fc.string({ unit: 'grapheme' }).filter((text) => !/[?\p{Cc}]/u.test(text));
    fc.assert(
      fc.property(name, (rest) => {
        const url = urlOf('root://user@host:1094', `/${rest}`);
        assert.equal(pathOf(url), `/${rest}`);
        assert.equal(serverOf(url), 'root://user@host:1094');
      }),
    );
  });
});

describe('names: ends of copies', () => {
  for (const [title, location] of refusedEndpoints) {
    it(`refuses ${title}: ${JSON.stringify(location)}`, () => {
      assert.throws(() => checkEndpoint('source', location), { name: 'TypeError', message: /^source / });
      assert.throws(() => checkEndpoint('target', location), { name: 'TypeError', message: /^target / });
    });
  }

  it('takes absolute paths, file URLs and remote URLs', () => {
    assert.equal(checkEndpoint('source', '/a b/c%20#d'), '/a b/c%20#d');
    assert.equal(checkEndpoint('source', 'file:///a/b'), '/a/b');
    assert.equal(checkEndpoint('target', 'root://host//a/b?xrd.x=1'), 'root://host//a/b?xrd.x=1');
  });
});
