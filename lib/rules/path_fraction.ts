/**
 * A hash of a path. Samples, the shares of shards and what the memo of a cache holds (lib/cache/verified_memo.ts) depend on it:
 * another formula would give shards of two versions the same files, and make every memo worthless.
 */

/** From 0 to below 1, evenly spread over paths and over seeds. 53 bits. */
export function pathFraction(path: string, seed: string): number {
  const text = `${seed}\0${path}`;
  let high = 0x9e3779b9;
  let low = 0x243f6a88;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x85ebca6b);
    low = Math.imul(low ^ unit, 0xc2b2ae35);
    // Otherwise high bits would never influence low ones.
    high ^= high >>> 15;
    low ^= low >>> 13;
  }
  high = mixed(high ^ Math.imul(low, 0x27d4eb2f));
  low = mixed(low ^ Math.imul(high, 0x165667b1));
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

/** Murmur's last step: every bit of the answer depends on every bit of the number. */
function mixed(number: number): number {
  let bits = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
