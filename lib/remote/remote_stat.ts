/** Turns a stat of the binding into the archive's own form. */
import type { ShortStat } from '../xrdcl/index.js';
import type { RemoteStat } from './store.js';

export function remoteStatOf(info: ShortStat): RemoteStat {
  const kind = info.isDirectory ? 'directory' : info.isOther || info.poscPending ? 'other' : 'file';
  const { id, size, offline, backUpExists, mtime } = info;
  const posc = info.poscPending ? { poscPending: true } : {};
  return { id, size, kind, offline, backUpExists, mtime, ...posc };
}
