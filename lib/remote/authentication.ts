/** Which keys libXrdCl shows to servers. */
import { isMainThread } from 'node:worker_threads';
import { ConfigError } from '../config/errors.js';

let keytabInUse: string | undefined;

/**
 * Makes libXrdCl use an SSS keytab. Without one the XRootD variables (`XrdSecPROTOCOL`, `X509_USER_PROXY`,
 * `BEARER_TOKEN`, …) decide. libXrdCl reads a keytab only once in a process, even if that fails, so a process can't
 * change to a second one.
 * @throws {ConfigError}
 */
export function useKeytab(keytab: string | undefined): void {
  if (keytab === undefined || keytab === keytabInUse) return;
  if (keytabInUse !== undefined) {
    const message = `this process already uses ${keytabInUse}, and libXrdCl reads only one keytab in a process`;
    throw new ConfigError([{ key: 'keytabFilePath', message }]);
  }
  if (!isMainThread) {
    const message =
      "a worker thread can't set it: set XrdSecPROTOCOL=sss and XrdSecSSSKT for the whole process";
    throw new ConfigError([{ key: 'keytabFilePath', message }]);
  }
  process.env['XrdSecPROTOCOL'] = 'sss';
  process.env['XrdSecSSSKT'] = keytab;
  keytabInUse = keytab;
}
