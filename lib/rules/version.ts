/** Versions of XRootD, as servers and libXrdCl tell them. Pure. */

export type Version = readonly [major: number, minor: number, patch: number];

/** @param text `v5.5.3`, `5.9.1-2`; undefined for what doesn't begin with a version */
export function parseVersion(text: string): Version | undefined {
  const told = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text);
  return told === null ? undefined : [Number(told[1]), Number(told[2]), Number(told[3])];
}

export function isBefore(version: Version, other: Version): boolean {
  const index = version.findIndex((number, at) => number !== other[at]);
  return index >= 0 && (version[index] ?? 0) < (other[index] ?? 0);
}
