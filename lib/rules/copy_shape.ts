/** How a copy is cut into pieces, so that all copies at once hold no more memory than they may. Pure. */

const MiB = 2 ** 20;

/** Most bytes of one request: larger ones aren't faster, and hold more memory. */
const mostChunk = 4 * MiB;
/** Requests are multiples of this, whole pages of the protocol. */
const chunkUnit = 64 * 1024;
/** Requests of one copy that are on their way at once, as by libXrdCl's default. */
const parallelChunks = 4;
/** Another four have been read ahead, or wait to be freed: 16 copies of 3.2 MiB chunks held 8 each (5.5.3, measured). */
const heldChunks = 2 * parallelChunks;

export interface CopyShape {
  /** Bytes of one request. */
  chunkSize: number;
  /** Requests that are on their way at once. */
  parallelChunks: number;
  /** Bytes that it holds at most. */
  memory: number;
}

/** The memory of one copy among `copies` that share `copyMemory` bytes. */
export function copyShape(size: number | undefined, copyMemory: number, copies: number): CopyShape {
  const share = Math.floor(copyMemory / copies / heldChunks / chunkUnit) * chunkUnit;
  const chunkSize = Math.min(mostChunk, Math.max(chunkUnit, share));
  const memory = Math.min(size ?? Infinity, heldChunks * chunkSize);
  return { chunkSize, parallelChunks, memory };
}
