/** A store that is of use only together with another one: its pings succeed if both answer. */
import type { LimitedStore } from './limited_store.js';
import type { RemoteStore } from './store.js';

/** @param other undefined: there is none, and the store stays as it is */
export function pairedStore(
  store: LimitedStore,
  other: Pick<RemoteStore, 'ping' | 'pingApart'> | undefined,
): LimitedStore {
  if (other === undefined) return store;
  return {
    ...store,
    ping: async (signal) => {
      await store.ping(signal);
      await other.ping(signal);
    },
    pingApart: async (seconds, signal) => {
      await Promise.all([store.pingApart(seconds, signal), other.pingApart(seconds, signal)]);
    },
  };
}
