/** Settings of libXrdCl, which are the process's: `XrdCl::DefaultEnv`. */
import { addon } from '../addon/addon.js';

/**
 * Set when the addon is loaded, unless the shell says otherwise (`XRD_<NAME>`): `RunForkHandler` 0, `StreamErrorWindow` 0,
 * `TimeoutResolution` 1 s, `StreamTimeout` 10 s, `ConnectionWindow` 8 s, `ConnectionRetry` 1, `WriteRecovery`,
 * `OpenRecovery` and `ReadRecovery` false, `MetalinkProcessing` 0. Uploads never recover, whatever the shell says. So a
 * dead, silent or refusing server is an error within 30 seconds; with libXrdCl's own defaults that takes 8 to 12 minutes.
 */
export const environment = {
  /** The value, or undefined when libXrdCl knows no such setting. Names are those of its documentation, any case. */
  get(name: string): number | string | undefined {
    return addon.getInt(name) ?? addon.getString(name);
  },

  /**
   * Sets a value; connections that exist keep what they were made with.
   * @returns false when the setting came from the shell, which wins.
   * @throws TypeError for a number that isn't a 32-bit integer, and for text where libXrdCl has a number or the reverse.
   */
  put(name: string, value: number | string): boolean {
    const known = environment.get(name);
    if (known !== undefined && typeof known !== typeof value) {
      throw new TypeError(`${name} is a ${typeof known}, not ${JSON.stringify(value)}`);
    }
    if (typeof value === 'string') return addon.putString(name, value);
    if (!Number.isInteger(value) || Math.abs(value) > 0x7fffffff) {
      throw new TypeError(`${name} must be a 32-bit integer, not ${String(value)}`);
    }
    return addon.putInt(name, value);
  },

  /** Version of the XRootD headers that the addon was built with: `v5.5.3`. */
  get clientVersion(): string {
    return addon.clientVersion();
  },
};
