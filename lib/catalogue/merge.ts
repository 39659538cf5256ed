/** What two rows of one record say together. Pure: the order in which rows come, or how often, makes no difference. */
import { sameChecksum, type Checksum } from '../rules/checksum.js';
import { checksumsText, latestOf, type CatalogueRow, type ChecksumSource, type RecordFacts } from './row.js';

type Compared = RecordFacts & Pick<CatalogueRow, 'copied'>;
type Bytes = Pick<RecordFacts, 'size' | 'checksums'> & Partial<Pick<RecordFacts, 'mtime'>>;

/**
 * Of the same size, and a checksum of the same type says that the bytes are the same. Without a type in common, or with adler32 alone,
 * which different short records often share, the records' own times decide; where one isn't known, nothing says that they differ.
 */
export function mayBeEqual(a: Bytes, b: Bytes): boolean {
  if (differ(a, b)) return false;
  if (haveStrongTypeInCommon(a, b)) return true;
  const [mtime, otherMtime] = [a.mtime ?? null, b.mtime ?? null];
  return mtime === null || otherMtime === null || mtime === otherMtime;
}

/** Is what was found now of the record that the row is about? @param now `copied` as the row will have it */
export function isSameRecord(before: CatalogueRow, now: Compared): boolean {
  return mayBeEqual(before, now) || isSameCopy(before, now);
}

/** Are two rows of one record? */
export function areOne(a: CatalogueRow, b: CatalogueRow): boolean {
  const [newer, older] = newerFirst(a, b);
  return isSameRecord(older, newer);
}

/**
 * Was a file compared with the server's copy of an earlier row? By more than adler32; and no pass has made another copy since, nor has
 * the server's file another time. Then it is that record, whatever the time of the file here: one that was sent once more, or is online.
 */
function isSameCopy(before: CatalogueRow, now: Compared): boolean {
  if (differ(before, now)) return false;
  return isUntouched(before, now) && now.source !== 'server' && now.checksums.some(isStrong);
}

/** Do their sizes, or checksums of one type, show other bytes? */
function differ(a: Bytes, b: Bytes): boolean {
  return a.size !== b.size || pairsOf(a, b).some(([sum, other]) => !sameChecksum(sum, other));
}

function isStrong({ type }: Checksum): boolean {
  return type.toLowerCase() !== 'adler32';
}

function haveStrongTypeInCommon(a: Bytes, b: Bytes): boolean {
  return pairsOf(a, b).some(([sum]) => isStrong(sum));
}

/** Checksums of the types that both have. */
function pairsOf(a: Bytes, b: Bytes): [Checksum, Checksum][] {
  return a.checksums.flatMap((sum) => {
    const other = ofType(b.checksums, sum.type);
    return other === undefined ? [] : [[sum, other] as [Checksum, Checksum]];
  });
}

function ofType(checksums: readonly Checksum[], type: string): Checksum | undefined {
  return checksums.find((sum) => sum.type.toLowerCase() === type.toLowerCase());
}

const STRENGTH: readonly ChecksumSource[] = ['server', 'read', 'put'];

/**
 * The better source counts: its checksums stand, and those of types that it lacks are added. Without a type other than adler32 in
 * common, nothing but a time says that both were of the same bytes, and a program that rewrites a file can put its time back: then
 * nothing of types that only one has is added to what was found now, unless the server's file is untouched.
 */
export function mergedChecksums(
  before: RecordFacts,
  now: RecordFacts,
  untouched = false,
): { checksums: readonly Checksum[]; source: ChecksumSource } {
  const better = STRENGTH.indexOf(before.source) > STRENGTH.indexOf(now.source) ? before : now;
  // What only the server said isn't mixed with what we have read ourselves.
  if (before.source !== now.source && (before.source === 'server' || now.source === 'server'))
    return { checksums: better.checksums, source: better.source };
  const both = before.checksums.length > 0 && now.checksums.length > 0;
  if (both && !untouched && !haveStrongTypeInCommon(before, now))
    return { checksums: now.checksums, source: now.source };
  const others = (better === now ? before : now).checksums.filter(
    ({ type }) => ofType(better.checksums, type) === undefined,
  );
  return { checksums: [...better.checksums, ...others], source: better.source };
}

/** Both were compared with one file on the server: no pass has copied another one between, and it has the same time. */
export function isUntouched(a: Copied, b: Copied): boolean {
  return a.copied === b.copied && a.remoteMtime !== null && a.remoteMtime === b.remoteMtime;
}

type Copied = Pick<CatalogueRow, 'copied' | 'remoteMtime'>;

/** What was found out later first. Of two that know equally much it is always the same one. */
export function laterFirst(a: CatalogueRow, b: CatalogueRow): [CatalogueRow, CatalogueRow] {
  const difference = latestOf(a) - latestOf(b);
  if (difference !== 0) return difference > 0 ? [a, b] : [b, a];
  return canonical(a) >= canonical(b) ? [a, b] : [b, a];
}

/**
 * Of two rows of different bytes under one name, first the record that had it last. Whatever was found out about the other one
 * afterwards, as that it is lost, doesn't bring it back.
 */
export function newerFirst(a: CatalogueRow, b: CatalogueRow): [CatalogueRow, CatalogueRow] {
  const difference = lastKnownThere(a) - lastKnownThere(b);
  if (difference !== 0) return difference > 0 ? [a, b] : [b, a];
  return laterFirst(a, b);
}

/** When the server was last known to have it. */
function lastKnownThere(row: CatalogueRow): number {
  const isLost = row.lost !== null;
  return latestOf({
    ...{ ...row, lost: null, followed: isLost ? null : row.followed },
    audited: row.audit === 'ok' ? row.audited : null,
  });
}

function canonical(row: CatalogueRow): string {
  const checksums = checksumsText(row.checksums.toSorted((a, b) => (a.type < b.type ? -1 : 1)));
  const facts = Object.entries({ ...row, checksums }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([checksums, facts]);
}

/** Of two rows of the same bytes: each fact as it was found out last, and nothing that a later one has ended. */
export function mergedRow(a: CatalogueRow, b: CatalogueRow): CatalogueRow {
  const [later, earlier] = laterFirst(a, b);
  const [comparedLater, comparedEarlier] =
    at(earlier.compared) > at(later.compared) ? [earlier, later] : [later, earlier];
  return {
    ...{
      path: later.path,
      size: later.size,
      ...mergedChecksums(comparedEarlier, comparedLater, isUntouched(a, b)),
    },
    mtime: comparedLater.mtime ?? comparedEarlier.mtime,
    mode: comparedLater.mode ?? comparedEarlier.mode,
    remoteMtime: comparedLater.remoteMtime ?? comparedEarlier.remoteMtime,
    copied: latest(a.copied, b.copied),
    compared: latest(a.compared, b.compared),
    onTape: onTapeOf(a, b),
    ...removalOf(a, b),
    onlineRemoved: latest(a.onlineRemoved, b.onlineRemoved),
    followed: latest(a.followed, b.followed),
    ...lossOf(a, b),
    ...auditOf(a, b),
  };
}

const at = (time: number | null): number => time ?? -Infinity;

function latest(a: number | null, b: number | null): number | null {
  return at(a) > at(b) ? a : b;
}

/** A comparison that found it not on tape ends what was seen before; so does one whose row doesn't know: tape is asked again. */
function onTapeOf(a: CatalogueRow, b: CatalogueRow): number | null {
  const compared = Math.max(at(a.compared), at(b.compared));
  const counts = [a, b].map((row) =>
    at(row.compared) === compared || at(row.onTape) >= compared ? row.onTape : null,
  );
  return latest(counts[0] ?? null, counts[1] ?? null);
}

/** The removal that was allowed last. A later comparison, at which the local file was there, has ended it. */
function removalOf(a: CatalogueRow, b: CatalogueRow): Pick<CatalogueRow, 'removing' | 'removed' | 'rule'> {
  const removing = latest(a.removing, b.removing);
  if (removing === null || removing < Math.max(at(a.compared), at(b.compared)))
    return { removing: null, removed: null, rule: null };
  const allowed = [a, b].filter((row) => row.removing === removing);
  return {
    removing,
    removed: allowed.map(({ removed }) => removed).reduce(latest, null),
    rule:
      allowed
        .flatMap(({ rule }) => rule ?? [])
        .toSorted()
        .at(-1) ?? null,
  };
}

/** Who asked last is right; of two who asked at once, the one who didn't find it. */
function lossOf(a: CatalogueRow, b: CatalogueRow): Pick<CatalogueRow, 'lost' | 'loss'> {
  const asked = (row: CatalogueRow) =>
    Math.max(at(row.followed), row.lost === null ? Math.max(at(row.compared), at(row.onTape)) : row.lost);
  const last = Math.max(asked(a), asked(b));
  const found = [a, b].filter((row) => row.lost !== null && asked(row) === last);
  const [first = { lost: null, loss: null }] = found.toSorted(
    (x, y) => at(x.lost) - at(y.lost) || ((x.loss ?? '') < (y.loss ?? '') ? -1 : 1),
  );
  return { lost: first.lost, loss: first.loss };
}

function auditOf(a: CatalogueRow, b: CatalogueRow): Pick<CatalogueRow, 'audited' | 'audit'> {
  const rows = [a, b].filter((row) => row.audited === latest(a.audited, b.audited));
  const wrong = rows.map(({ audit }) => audit).filter((audit) => audit !== null && audit !== 'ok');
  return { audited: rows[0]?.audited ?? null, audit: wrong.toSorted().at(-1) ?? rows[0]?.audit ?? null };
}
