/**
 * The promises of RemoteStore (test/support/store_contract.ts), where the server wants a login: by the store that a configuration
 * with a keytab opens. In a file of its own, since libXrdCl reads one keytab a process.
 */
import { after, before, describe } from 'mocha';
import { resolveOptions } from '../../lib/config/index.js';
import { openStore } from '../../lib/remote/open_store.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { contractRate, keepsPromises, placeOnTape } from '../support/store_contract.js';

describe('a store with a login', () => {
  let sandbox: TapeSandbox;
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
    const place = placeOnTape(sandbox);
    const keytab = sandbox.keytab ?? '';
    const config = resolveOptions({ targetUrl: place.url, keytabFilePath: keytab, maxRate: contractRate });
    return { ...place, store: openStore(config) };
  });
});
