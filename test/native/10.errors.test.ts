import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { CopyProcess, FileSystem, XRootDError } from '../../lib/xrdcl/index.js';
import { clientCodes, serverCodes } from '../../lib/xrdcl/status_codes.js';

const errnos: Readonly<Record<string, number>> = constants.errno;

function errorOf(code: number, errNo = 0, message = ''): XRootDError {
  return new XRootDError({ status: 1, code, errNo, message }, { operation: 'stat', target: 'root://h//f' });
}

/** Numbers in a C++ header: of `const uint16_t errX = 1;`, or of an enumeration that counts on. */
function numbersIn(header: string, pattern: RegExp): number[] {
  return [...readFileSync(header, 'utf8').matchAll(pattern)].map(([, number]) => Number(number));
}

const statusHeader = '/usr/include/xrootd/XrdCl/XrdClStatus.hh';
const protocolHeader = '/usr/include/xrootd/XProtocol/XProtocol.hh';

const closedPort = 'root://127.0.0.1:1';

describe('errors: the table', () => {
  const ranges: [first: number, last: number][] = [
    [1, 17],
    [101, 110],
    [201, 208],
    [301, 307],
    [400, 402],
    [500, 500],
  ];
  for (const [first, last] of ranges) {
    it(`has a name for every client code from ${first} to ${last}`, () => {
      for (let code = first; code <= last; code += 1) assert.ok(clientCodes.get(code)?.name, String(code));
    });
  }

  it('has a name for every server code from 3000 to 3035', () => {
    for (let code = 3000; code <= 3035; code += 1) assert.ok(serverCodes.get(code)?.name, String(code));
  });

  it('has every client code of the installed header', function () {
    if (!existsSync(statusHeader)) this.skip();
    const codes = numbersIn(statusHeader, /const\s+uint16_t\s+err\w+\s*=\s*(\d+)/g).filter(
      (code) => code > 0,
    );
    assert.ok(codes.length > 40, `only ${codes.length} found`);
    assert.deepEqual(
      codes.filter((code) => !clientCodes.has(code)),
      [],
    );
  });

  it('has every server code of the installed header', function () {
    if (!existsSync(protocolHeader)) this.skip();
    const list = /enum XErrorCode\s*\{([^}]*)\}/.exec(readFileSync(protocolHeader, 'utf8'))?.[1] ?? '';
    const names = list.match(/kXR_\w+/g)?.filter((name) => !/ERRFENCE|noErrorYet/.test(name)) ?? [];
    assert.ok(names.length >= 35, `only ${names.length} found`);
    for (let at = 0; at < names.length; at += 1)
      assert.ok(serverCodes.has(3000 + at), `${names[at] ?? ''} is ${3000 + at}`);
  });

  it('uses errno names that this system knows, but for those it lacks', () => {
    const used = [...clientCodes.values(), ...serverCodes.values()].flatMap(({ errno }) => errno ?? []);
    const missing = used.filter((name) => errnos[name] === undefined && name !== 'EREMOTEIO');
    assert.deepEqual(missing, []);
  });

  it('has a text for every code', () => {
    for (const { text } of [...clientCodes.values(), ...serverCodes.values()]) assert.notEqual(text, '');
  });

  it('judges as retryable exactly what may pass', () => {
    const retryable = [
      ...[...clientCodes].filter(([, meaning]) => meaning.retryable),
      ...[...serverCodes].filter(([, meaning]) => meaning.retryable),
    ].map(([code]) => code);
    assert.deepEqual(
      retryable,
      [
        7, 102, 103, 104, 105, 106, 107, 108, 109, 206, 208, 301, 3003, 3007, 3008, 3012, 3014, 3020, 3024,
        3034, 3035,
      ],
    );
  });
});

const cases: [title: string, code: number, errNo: number, name: string, errno: string | undefined][] = [
  ["a server's answer is named by its number", 400, 3011, 'NotFound', 'ENOENT'],
  ["a local failure by the server's number it borrows", 402, 3018, 'ItExists', 'EEXIST'],
  ['a local failure by its errno', 402, constants.errno.ENOSPC, 'ENOSPC', 'ENOSPC'],
  ["libXrdCl's own by its code", 108, 111, 'ConnectionError', 'ECONNREFUSED'],
  ['a local failure with a number nobody knows', 402, 2999, 'LocalError', undefined],
  ['a server code of the future', 400, 3999, 'Server3999', undefined],
  ['a client code of the future', 999, 0, 'Client999', undefined],
  ['a cancelled copy', 207, 3017, 'OperationInterrupted', 'ECANCELED'],
];

describe('errors: XRootDError', () => {
  for (const [title, code, errNo, name, errno] of cases) {
    it(title, () => {
      const error = errorOf(code, errNo);
      assert.equal(error.code, name);
      assert.equal(error.errno, errno === undefined ? undefined : errnos[errno]);
      assert.equal(error.statusCode, code);
      assert.equal(error.errNo, errNo);
    });
  }

  it('is an Error with a name of its own', () => {
    const error = errorOf(400, 3011);
    assert.ok(error instanceof Error);
    assert.equal(error.name, 'XRootDError');
    assert.match(error.stack ?? '', /^XRootDError: /);
  });

  it('says what was asked of whom, in whose words, and the number', () => {
    assert.equal(
      errorOf(400, 3011, 'no such file').message,
      'stat root://h//f: no such file [NotFound, kXR 3011]',
    );
    assert.equal(errorOf(108).message, 'stat root://h//f: cannot connect [ConnectionError, XrdCl 108]');
    const copy = new XRootDError(
      { status: 1, code: 402, errNo: constants.errno.EACCES, message: ' (source)' },
      { operation: 'copy', source: '/a', target: 'root://h//b' },
    );
    assert.match(
      copy.message,
      /^copy \/a -> root:\/\/h\/\/b: local file system error \(source\) \[EACCES, errno 13\]$/,
    );
  });

  it('tells a failed connection and a refusal from a failed request', () => {
    for (const code of [7, 101, 103, 108, 206]) assert.ok(errorOf(code).isConnectionFailure, String(code));
    for (const code of [203, 204]) assert.ok(errorOf(code).isRefusal, String(code));
    for (const error of [errorOf(400, 3011), errorOf(207), errorOf(14)]) {
      assert.ok(!error.isConnectionFailure);
      assert.ok(!error.isRefusal);
    }
    assert.ok(errorOf(400, 3030).isRefusal);
  });

  it('is the same failure when it is told of other ends', () => {
    const error = errorOf(400, 3011, 'no such file');
    const told = error.about({ source: '/a' });
    assert.equal(told.message, 'stat /a -> root://h//f: no such file [NotFound, kXR 3011]');
    assert.deepEqual(told.toStatus(), { status: 1, code: 400, errNo: 3011, message: 'no such file' });
    assert.deepEqual(told.context, { operation: 'stat', source: '/a', target: 'root://h//f' });
    assert.deepEqual(error.context, { operation: 'stat', target: 'root://h//f' });
  });

  it('what this side finds out has the name and number of libXrdCl', () => {
    const numbers = {
      DataError: [14, 0],
      SocketTimeout: [103, 0],
      OperationInterrupted: [207, 3017],
      InvalidResponse: [303, 0],
      CheckSumError: [305, 0],
    } as const;
    for (const [name, [code, errNo]] of Object.entries(numbers)) {
      const error = XRootDError.of(name as keyof typeof numbers, 'so it is', { operation: 'verify' });
      assert.equal(error.message, `verify: so it is [${name}, XrdCl ${code}]`);
      assert.deepEqual(error.toStatus(), { status: 1, code, errNo, message: 'so it is' });
    }
  });
});

/** Every request, made from a function whose name must be found again in the stack of its error. */
const requests: Record<string, (fs: FileSystem) => Promise<unknown>> = {
  stat: (fs) => fs.stat('/f'),
  statVfs: (fs) => fs.statVfs('/f'),
  dirList: async (fs) => {
    for await (const entry of fs.dirList('/f')) assert.fail(entry.name);
  },
  mkdir: (fs) => fs.mkdir('/f'),
  rm: (fs) => fs.rm('/f'),
  rmdir: (fs) => fs.rmdir('/f'),
  mv: (fs) => fs.mv('/f', '/g'),
  truncate: (fs) => fs.truncate('/f', 0),
  chmod: (fs) => fs.chmod('/f', 0o644),
  locate: (fs) => fs.locate('/f'),
  role: (fs) => fs.role(),
  dataServers: (fs) => fs.dataServers(),
  ping: (fs) => fs.ping(),
  stage: (fs) => fs.stage(['/f']),
  evict: (fs) => fs.evict(['/f']),
  cancelStage: (fs) => fs.cancelStage('id'),
  queryPrepare: (fs) => fs.queryPrepare('id', ['/f']),
  queryChecksum: (fs) => fs.queryChecksum('/f'),
  queryConfig: (fs) => fs.queryConfig(['version']),
  querySpace: (fs) => fs.querySpace('/f'),
  setXAttr: (fs) => fs.setXAttr('/f', 'a', Buffer.from('v')),
  getXAttr: (fs) => fs.getXAttr('/f', 'a'),
  delXAttr: (fs) => fs.delXAttr('/f', 'a'),
  listXAttr: (fs) => fs.listXAttr('/f'),
};

async function someCaller(request: (fs: FileSystem) => Promise<unknown>): Promise<void> {
  await request(new FileSystem(closedPort));
}

describe('errors: the stack is the caller’s', () => {
  for (const [name, request] of Object.entries(requests)) {
    it(`of ${name}`, async () => {
      await assert.rejects(someCaller(request), (error) => {
        assert.ok(error instanceof XRootDError);
        assert.equal(error.code, 'ConnectionError');
        assert.match(error.target ?? '', /^root:\/\/127\.0\.0\.1:1/);
        assert.match(error.stack ?? '', /someCaller/);
        return true;
      });
    });
  }

  it('of a copy', async () => {
    async function someCopier() {
      const copies = new CopyProcess();
      copies.add({ source: `${closedPort}//f`, target: '/nowhere/f' });
      return await copies.run();
    }
    const [result] = await someCopier();
    assert.equal(result?.error?.code, 'ConnectionError');
    assert.match(result.error.stack ?? '', /someCopier/);
  });

  it('is the caller’s too when requests wait for each other', async () => {
    const fs = new FileSystem(closedPort);
    async function first() {
      await fs.queryChecksum('/same');
    }
    async function second() {
      await fs.queryChecksum('/same');
    }
    const [one, other] = await Promise.allSettled([first(), second()]);
    assert.match(String(one.status === 'rejected' && (one.reason as Error).stack), /first/);
    assert.match(String(other.status === 'rejected' && (other.reason as Error).stack), /second/);
  });
});
