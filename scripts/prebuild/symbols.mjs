/** For which processor a binary is, which versions of symbols it asks for, and whether the oldest system that we promise has them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** RHEL 9 and its kin: glibc 2.34, the libstdc++ of GCC 11. */
export const MOST = { GLIBC: '2.34', GLIBCXX: '3.4.29', CXXABI: '1.3.13' };

/** Pure. @param {string} table what `objdump -T` says @returns {Map<string, string>} of each set the newest version */
export function newestVersions(table) {
  const newest = new Map();
  for (const [, set, version] of table.matchAll(/\b(GLIBC|GLIBCXX|CXXABI)_(\d[\d.]*)/g)) {
    if (!newest.has(set) || isNewer(version, newest.get(set))) newest.set(set, version);
  }
  return newest;
}

/** @returns {string[]} what is too new, as sentences */
export function tooNew(newest, most = MOST) {
  return [...newest].flatMap(([set, version]) =>
    isNewer(version, most[set])
      ? [`asks for ${set}_${version}, and ${set}_${most[set]} is the newest that may be`]
      : [],
  );
}

/** @returns {string} as `process.arch` has it, or what is wrong with the file */
export function processorOf(file) {
  const bytes = readFileSync(file);
  if (bytes.length < 20 || bytes.toString('latin1', 0, 4) !== '\x7fELF') return 'no ELF file';
  const machine = bytes.readUInt16LE(18);
  return { 62: 'x64', 183: 'arm64' }[machine] ?? `ELF machine ${machine}`;
}

export function tableOf(file) {
  return execFileSync('objdump', ['-T', file], { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
}

function isNewer(version, other) {
  return version.localeCompare(other, 'en', { numeric: true }) > 0;
}
