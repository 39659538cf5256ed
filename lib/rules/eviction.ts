/** May a file be evicted from the disk buffer? Only if it is on tape: otherwise the disk copy could be the only one. */
import type { RemoteFile } from './remote_state.js';

export type EvictionVerdict =
  | { evict: true }
  /** There is nothing to evict. */
  | { keep: string }
  | { refuse: string; code: 'NotFound' | 'NotOnTape' | 'NotAFile' };

/** @param file from a stat of this very path (S11), made just before; null: the server says that there is nothing */
export function judgeEviction(file: RemoteFile | null): EvictionVerdict {
  if (file === null) return { refuse: 'the server has no such file', code: 'NotFound' };
  if (file.kind !== 'file') return { refuse: 'it is no regular file on the server', code: 'NotAFile' };
  if (file.offline) return { keep: 'offline already' };
  if (!file.backUpExists)
    return { refuse: 'it is not on tape: giving up the disk copy could lose it', code: 'NotOnTape' };
  if (file.size === 0) return { keep: 'empty: there is nothing to give up' };
  return { evict: true };
}
