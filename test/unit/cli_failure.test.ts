import assert from 'node:assert/strict';
import { CommanderError } from 'commander';
import { LockedError } from '../../lib/cache/lock.js';
import { exitCodeOf, messageOf } from '../../lib/cli/failure.js';
import { ConfigError } from '../../lib/config/index.js';
import { SandboxError } from '../../lib/sandbox/error.js';
import { XRootDError } from '../../lib/xrdcl/error.js';

function xrootd(code: number, errNo = 0): XRootDError {
  return new XRootDError(
    { status: 1, code, errNo, message: 'it said so' },
    { operation: 'stat', target: 'root://h//f' },
  );
}

function named(name: string): Error {
  return Object.assign(new Error('stopped'), { name });
}

const cases: [title: string, error: unknown, code: number][] = [
  ['help that was asked for', new CommanderError(0, 'commander.helpDisplayed', ''), 0],
  ['bad usage', new CommanderError(1, 'commander.unknownOption', ''), 2],
  ['bad configuration', new ConfigError([{ key: 'backup.verify', message: 'no' }]), 2],
  ['another pass', new LockedError('/c/.lock', { pid: 7 }), 4],
  ['connection refused', xrootd(108), 3],
  ['unknown host', xrootd(101), 3],
  ['a redirector that lacks data servers', xrootd(400, 3014), 3],
  ['a certificate that is not accepted', xrootd(110), 3],
  ['silence', xrootd(206), 3],
  ['authentication failed', xrootd(204), 3],
  ['authentication refused by the server', xrootd(400, 3030), 3],
  ['not authorized', xrootd(400, 3010), 3],
  ['a file that is not there', xrootd(400, 3011), 1],
  ['interrupted', named('AbortError'), 130],
  ['a sandbox option', new SandboxError('InvalidOption', 'no'), 2],
  ['no xrootd', new SandboxError('NotInstalled', 'no'), 2],
  ['a server that does not start', new SandboxError('StartFailed', 'no'), 1],
  ['a system error', Object.assign(new Error('no space'), { code: 'ENOSPC' }), 1],
  ['a bug', new TypeError('x is not a function'), 1],
  ['an exit code that is none of ours', Object.assign(new Error('no'), { exitCode: 77 }), 1],
  ['not even an error', 'text', 1],
];

describe('exit code of an error', () => {
  for (const [title, error, code] of cases) {
    it(`${title}: ${code}`, () => {
      assert.equal(exitCodeOf(error), code);
    });
  }
});

describe('message of an error', () => {
  it('has no stack', () => {
    assert.equal(messageOf(new Error('no space'), false), 'xrootd-archive: no space');
  });

  it('has one for debugging, with causes', () => {
    const text = messageOf(new Error('no space', { cause: new Error('the disk') }), true);
    assert.match(text, /no space\n +at /);
    assert.match(text, /caused by .*the disk/);
  });

  it('has one for bugs, and says what they are', () => {
    assert.match(messageOf(new TypeError('oops'), false), /oops\n +at [\s\S]*bug in xrootd-archive/);
  });

  it('tells what to look at when the server is gone or refuses', () => {
    assert.match(messageOf(xrootd(108), false), /cannot connect|it said so[\s\S]*cannot be reached/);
    assert.match(messageOf(xrootd(204), false), /refuses us/);
  });

  it('leaves to commander what commander has said', () => {
    assert.equal(messageOf(new CommanderError(1, 'x', 'y'), false), '');
  });

  it('carries no secrets', () => {
    const text = messageOf(new Error('stat root://h//f?authz=Bearer%20abc.def failed'), false);
    assert.doesNotMatch(text, /abc\.def/);
  });
});
