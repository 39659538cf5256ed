/** Checksums as they are compared: by type and number, since servers and libXrdCl may lose leading zeros. */

export interface Checksum {
  /** `adler32`, `crc32c`, … */
  readonly type: string;
  /** Hexadecimal. */
  readonly value: string;
}

export function sameChecksum(a: Checksum, b: Checksum): boolean {
  const left = canonical(a.value);
  return a.type.toLowerCase() === b.type.toLowerCase() && left !== undefined && left === canonical(b.value);
}

export function checksumText(sum: Checksum): string {
  return `${sum.type}:${sum.value}`;
}

function canonical(hex: string): string | undefined {
  if (!/^[0-9a-f]+$/i.test(hex)) return undefined;
  return hex.toLowerCase().replace(/^0+(?=.)/, '');
}
