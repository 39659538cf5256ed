/** How a copy is cut into chunks, so that all copies together stay within the memory for copies. Pure. */

const MiB = 2 ** 20;

/** Largest chunk, in bytes: larger ones aren't faster, and take more memory. */
const mostChunk = 4 * MiB;
/** Chunk sizes are multiples of this: the page size of the protocol. */
const chunkUnit = 64 * 1024;
/** Requests of one copy that are in flight at once: libXrdCl's default. */
const parallelChunks = 4;
/** Chunks of one copy in memory: as many again are read ahead or wait to be freed (5.5.3, measured: 16 copies of 3.2 MiB
 * chunks held 8 each). */
const heldChunks = 2 * parallelChunks;

export interface CopyShape {
  /** Bytes of one request. */
  chunkSize: number;
  /** Requests in flight at once. */
  parallelChunks: number;
  /** Most bytes that the copy holds in memory. */
  memory: number;
}

/** The memory of one copy among `copies` that share `copyMemory` bytes. */
export function copyShape(size: number | undefined, copyMemory: number, copies: number): CopyShape {
  const share = Math.floor(copyMemory / copies / heldChunks / chunkUnit) * chunkUnit;
  const chunkSize = Math.min(mostChunk, Math.max(chunkUnit, share));
  const memory = Math.min(size ?? Infinity, heldChunks * chunkSize);
  return { chunkSize, parallelChunks, memory };
}
