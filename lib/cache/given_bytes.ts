/** Bytes in memory that somebody gave us to keep: are they still there? */

/**
 * Bytes whose ArrayBuffer was transferred (to a worker, for example) or shrunk have a length of 0, or less than before. What is left
 * isn't what was given, so nobody may take it for the whole.
 * @param byteLength how many there were when they were given
 * @throws TypeError
 */
export function checkStillThere(bytes: Uint8Array, byteLength: number): void {
  if (bytes.byteLength === byteLength && !isDetached(bytes.buffer)) return;
  throw new TypeError('the bytes to keep were taken away: their ArrayBuffer was transferred or shrunk');
}

function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    return new Uint8Array(buffer, 0, 0).byteLength > 0;
  } catch {
    return true;
  }
}
