import assert from 'node:assert/strict';
import { SharedStorageError } from '../../lib/jobs/separation/separate_storage.js';
import { SeparateServers, type SeparateServersOptions } from '../../lib/jobs/separation/separate_servers.js';
import { TWO_KINDS } from '../../lib/remote/listings.js';
import type { RemoteStat } from '../../lib/remote/store.js';
import { XRootDError } from '../../lib/xrdcl/index.js';
import { keepingLogger } from '../support/archive.js';

const directory = (id: number, second: number): RemoteStat => ({
  ...{ id: String(id), mtime: new Date(second * 1000), size: 4096, kind: 'directory' },
  ...{ offline: false, backUpExists: false },
});

/** Both bases are on a device of the same number; the target has a directory `theirs` that nobody may look into. */
function serversWith(here: RemoteStat, theirs: RemoteStat, problem?: string): SeparateServersOptions {
  const base = directory(2 * 2 ** 32 + 7, 1);
  const refused = new XRootDError(
    { status: 1, code: 400, errNo: 3010, message: 'not allowed' },
    { operation: 'stat', target: 'theirs' },
  );
  return {
    online: {
      surroundings: () => Promise.resolve([]),
      mark: (_, task) => task(),
      stat: (name) => Promise.resolve(name === '' ? base : here),
    },
    target: {
      surroundings: () => Promise.resolve([]),
      stat: (name) =>
        name === '' || name === 'theirs'
          ? Promise.resolve(name === '' ? base : theirs)
          : Promise.reject(refused),
      statMany: (names) =>
        Promise.resolve(
          names.map((name) => (name === 'theirs' ? theirs : name.startsWith('theirs/') ? refused : null)),
        ),
      async *list(path) {
        if (path !== '') throw refused;
        yield await Promise.resolve({ path: 'theirs', isDirectory: true, ...(problem && { problem }) });
      },
    },
    ...{ place: 'root://online//data', targetUrl: 'root://target//data', logger: keepingLogger().logger },
    signal: new AbortController().signal,
  };
}

describe('a directory of the target with the same identifier, which nobody may look into', () => {
  const id = 3 * 2 ** 32 + 7;

  it('is another one if it has another time', async () => {
    const separate = new SeparateServers(serversWith(directory(id, 10), directory(id, 11)));
    await separate.prove('sub');
  });

  it('may be the same one if it has the same', async () => {
    const separate = new SeparateServers(serversWith(directory(id, 10), directory(id, 10)));
    await assert.rejects(separate.prove('sub'), SharedStorageError);
  });

  it('may be the same one also if its name is listed as a file, too', async () => {
    const here = directory(id, 10);
    const separate = new SeparateServers(serversWith(here, here, TWO_KINDS));
    await assert.rejects(separate.prove('sub'), SharedStorageError);
  });
});
