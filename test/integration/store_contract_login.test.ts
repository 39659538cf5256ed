/**
 * The promises of RemoteStore (test/support/store_contract.ts), where the server wants a login: by the store that a configuration
 * with a keytab opens. In a file of its own, since libXrdCl reads one keytab a process.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { after, before, describe } from 'mocha';
import { resolveOptions } from '../../lib/config/index.js';
import { openStore } from '../../lib/remote/open_store.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { contractRate, keepsPromises } from '../support/store_contract.js';

describe('a store with a login', () => {
  let sandbox: TapeSandbox;
  let bases = 0;
  const environment = { ...process.env };

  before(async () => {
    sandbox = await TapeSandbox.start({ migrationDelay: 'never', sss: true });
  });
  after(async () => {
    await sandbox.stop();
    for (const name of ['XrdSecPROTOCOL', 'XrdSecSSSKT']) {
      const value = environment[name];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });

  keepsPromises(() => {
    const base = String((bases += 1));
    const root = sandbox.diskPath(base);
    mkdirSync(root);
    chmodSync(root, 0o777);
    const url = `${sandbox.url}/${base}`;
    const own = (name: string) => {
      chmodSync(`${root}/${name}`, 0o777);
    };
    const keytab = sandbox.keytab ?? '';
    const config = resolveOptions({ targetUrl: url, keytabFilePath: keytab, maxRate: contractRate });
    return { store: openStore(config), url, root, own };
  });
});
