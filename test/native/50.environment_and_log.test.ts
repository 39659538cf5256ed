import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import {
  environment,
  FileSystem,
  onClientLog,
  setClientLogLevel,
  type ClientLogLine,
} from '../../lib/xrdcl/index.js';
import { parseLog } from '../../lib/xrdcl/client_log.js';
import { runChild } from '../support/child.js';
import { PlainServer } from '../support/plain_server.js';

const defaults: [name: string, value: number | string][] = [
  ['RunForkHandler', 0],
  ['StreamErrorWindow', 0],
  ['TimeoutResolution', 1],
  ['StreamTimeout', 10],
  ['ConnectionWindow', 8],
  ['ConnectionRetry', 1],
  ['WriteRecovery', 'false'],
  ['ReadRecovery', 'false'],
  ['MetalinkProcessing', 0],
];

describe('environment', () => {
  for (const [name, value] of defaults) {
    it(`${name} is ${value}`, () => {
      assert.equal(environment.get(name), value);
    });
  }

  it('knows names in any case, and says undefined for those it does not', () => {
    assert.equal(environment.get('streamtimeout'), 10);
    assert.equal(environment.get('NoSuchSetting'), undefined);
  });

  it('takes numbers and text', () => {
    assert.equal(environment.put('XrootdArchiveTest', 5), true);
    assert.equal(environment.get('XrootdArchiveTest'), 5);
    assert.equal(environment.put('XrootdArchiveTest', -1), true);
    assert.equal(environment.get('XrootdArchiveTest'), -1);
    assert.equal(environment.put('XrootdArchiveText', 'ä b'), true);
    assert.equal(environment.get('XrootdArchiveText'), 'ä b');
  });

  it('refuses numbers that libXrdCl would cut, and the other kind of value for a setting that exists', () => {
    for (const value of [1.5, NaN, Infinity, 2 ** 31, -(2 ** 31) - 1]) {
      assert.throws(() => environment.put('CPChunkSize', value), TypeError);
    }
    assert.throws(() => environment.put('StreamTimeout', '5'), TypeError);
    assert.throws(() => environment.put('WriteRecovery', 0), TypeError);
    assert.equal(environment.get('StreamTimeout'), 10);
  });

  it('the shell wins', async () => {
    const { stdout, code } = await runChild('environment', [], {
      env: { XRD_STREAMTIMEOUT: '17', XRD_WRITERECOVERY: 'true' },
    });
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { streamTimeout: 17, writeRecovery: 'true', put: false, after: 17 });
  });

  it('has the version of libXrdCl', () => {
    assert.match(environment.clientVersion, /^v?\d+\.\d+\.\d+/);
  });
});

describe('the log of libXrdCl', () => {
  let server: PlainServer;
  before(async () => {
    server = await PlainServer.start();
  });
  after(async () => {
    setClientLogLevel('none');
    await server.stop();
  });

  it('comes as lines with time, level and topic', async () => {
    const lines: ClientLogLine[] = [];
    const stop = onClientLog((line) => lines.push(line));
    setClientLogLevel('dump');
    await new FileSystem(server.url).ping();
    await new Promise(setImmediate);
    setClientLogLevel('error');
    stop();
    assert.ok(lines.length > 10, `${lines.length} lines`);
    assert.ok(lines.every(({ time }) => /^\d{4}-\d\d-\d\d /.test(time)));
    assert.ok(lines.some(({ level }) => level === 'debug'));
    assert.ok(lines.some(({ level }) => level === 'dump'));
    assert.ok(new Set(lines.map(({ topic }) => topic)).size >= 3);
    assert.ok(lines.every(({ topic, message }) => topic !== '' && message !== ''));
    assert.ok(lines.every(({ topic, message }) => !topic.includes(' ') && !message.startsWith('[20')));
  });

  it('goes to every listener, until it stops listening', async () => {
    const [one, other]: [number[], number[]] = [[], []];
    const stopOne = onClientLog(() => one.push(1));
    const stopOther = onClientLog(() => other.push(1));
    setClientLogLevel('debug');
    const fs = new FileSystem(server.url);
    await fs.stat('/');
    await new Promise(setImmediate);
    assert.ok(one.length > 0);
    // A line that comes after the answer may have reached one of them only.
    while (one.length !== other.length) await new Promise(setImmediate);
    stopOne();
    stopOne();
    const [heardByOne, heardByOther] = [one.length, other.length];
    await fs.stat('/');
    await new Promise(setImmediate);
    assert.equal(one.length, heardByOne);
    assert.ok(other.length > heardByOther);
    setClientLogLevel('none');
    stopOther();
  });

  it('at level none an error does not come that comes at level error', async () => {
    const errors = { none: 0, error: 0 };
    for (const level of ['none', 'error'] as const) {
      setClientLogLevel(level);
      const stop = onClientLog((line) => {
        if (line.level === 'error' && line.message.includes('127.0.0.1:1]')) errors[level] += 1;
      });
      await assert.rejects(new FileSystem('root://127.0.0.1:1').ping());
      await new Promise(setImmediate);
      stop();
    }
    setClientLogLevel('none');
    assert.equal(errors.none, 0);
    assert.ok(errors.error > 0);
  });

  it('a flood is cut, and said to be', async () => {
    const { stdout, code } = await runChild('log_flood', [server.url]);
    assert.equal(code, 0);
    assert.match(stdout, /^[1-9]\d* messages were dropped$/m);
  });

  it('a listener that throws is an uncaught exception of its own', async () => {
    const { code, stderr, signal } = await runChild('log_throws', [server.url]);
    assert.deepEqual([code, signal], [1, null]);
    assert.match(stderr, /the listener's own/);
  });

  it('does not keep the process alive, and with no listener goes to standard error', async () => {
    const { code, stderr } = await runChild('log_unheard', [server.url], { env: { XRD_LOGLEVEL: 'Debug' } });
    assert.equal(code, 0);
    assert.match(stderr, /\[Debug *\]\[/);
    assert.doesNotMatch(stderr, /heard/);
  });

  it('goes to standard error when the worker that listened has ended, also while its requests are unanswered', async () => {
    const { code, stderr } = await runChild('log_of_worker', [server.url]);
    assert.equal(code, 0);
    assert.match(stderr, /\[Debug *\]\[/);
  });

  const parsed: [text: string, level: string, topic: string, message: string][] = [
    [
      '[2026-01-31 12:00:00.123456 +0000][Error  ][AsyncSock         ] [h:1.0] gone',
      'error',
      'AsyncSock',
      '[h:1.0] gone',
    ],
    ['[2026-01-31 12:00:00.123456 +0000][Debug  ][File              ][  1234] text', 'debug', 'File', 'text'],
    ['[2026-01-31 12:00:00.123456 +0000][Strange][X                 ] text', 'info', 'X', 'text'],
    ['not of that form', 'info', '', 'not of that form'],
  ];
  for (const [text, level, topic, message] of parsed) {
    it(`reads ${text}`, () => {
      const [line] = parseLog(text);
      assert.deepEqual([line?.level, line?.topic, line?.message], [level, topic, message]);
    });
  }

  it('reads several lines in one', () => {
    assert.equal(parseLog('a\nb\n\n').length, 2);
  });
});
