/** What the catalogue says of the archive, for the status page and the metrics. Read in the catalogue's own thread. */
import { NoCatalogue, type CatalogueConfig } from '../catalogue/open_catalogue.js';
import { catalogueFile } from '../catalogue/place.js';
import type { Summary, StateCount } from '../catalogue/queries.js';
import { replacedRow, type CatalogueRow, type RowState } from '../catalogue/row.js';
import { shardsBeside } from '../catalogue/shard_files.js';
import { openUnion, type CatalogueReader } from '../catalogue/union.js';
import type { ArchiveConfig } from '../config/index.js';
import { parseMoment } from '../rules/moment.js';
import { lastProof, type RememberedProof } from './remembered_proof.js';

type Viewed = Pick<CatalogueReader, 'rows' | 'replacedLosses' | 'summary' | 'lastPasses'>;

/** A record that the server had, and has no longer as it was. */
export interface LostRecord {
  path: string;
  size: number;
  since: string;
  reason: string;
}

/** Records below one first directory; `.`: in none. */
export interface ProvenPart {
  name: string;
  records: number;
  audited: number;
  /** Each of them has been compared with the server since; null: one never was. */
  provenSince: string | null;
  wrong: number;
}

export interface CatalogueFacts {
  fileBytes: number;
  /** Number of the last segment; 0: none. */
  lastSegment: number;
  records: Record<RowState, StateCount>;
  /** Of those that wait for tape after they have left the cache: older than max_age_warning. Counted up to 10,000. */
  overdue: number;
  lost: LostRecord[];
  /** The last one, of shards all together. */
  audit: RememberedProof | null;
  drill: RememberedProof | null;
  /** Records that an audit has compared, ever. */
  audited: number;
  lastAudited: string | null;
  provenSince: string | null;
  wrong: number;
  /** Those whose proof is the oldest come first. */
  parts: ProvenPart[];
}

export interface CatalogueView {
  at: string;
  file: string | null;
  /** Why there is nothing to read. A fault: there should be something. */
  nothing: { text: string; isFault: boolean } | null;
  facts: CatalogueFacts | null;
}

export type ViewedConfig = CatalogueConfig & Pick<ArchiveConfig, 'maxAgeWarning'>;

const MOST_LOST = 100;
const MOST_PARTS = 100;
const MOST_OVERDUE = 10_000;

/** Never rejects: what goes wrong is in the view. */
export async function viewCatalogue(config: ViewedConfig, now = Date.now()): Promise<CatalogueView> {
  const file = catalogueFile(config) ?? null;
  const view = (more: Partial<CatalogueView>): CatalogueView => ({
    ...{ at: iso(now), file, nothing: null, facts: null },
    ...more,
  });
  const nothing = (text: string, isFault: boolean) => view({ nothing: { text, isFault } });
  if (file === null) return nothing('None is kept: the configuration turns it off.', false);
  try {
    if ((await shardsBeside(file)).length === 0) return nothing('None yet: the first pass makes it.', false);
    const catalogue = await openUnion(config, { now, snapshot: true });
    if (catalogue === undefined) return nothing('None is kept.', false);
    if (catalogue instanceof NoCatalogue) return nothing(catalogue.reason, false);
    try {
      return view({ facts: await factsOf(catalogue, config, now) });
    } finally {
      await catalogue.close();
    }
  } catch (error) {
    return nothing((error as Error).message, true);
  }
}

async function factsOf(
  catalogue: Viewed,
  { maxAgeWarning }: ViewedConfig,
  now: number,
): Promise<CatalogueFacts> {
  const { in_cache, waiting, on_tape, lost, proof, parts, fileBytes, lastSegment } =
    await catalogue.summary();
  return {
    ...{ fileBytes, lastSegment, records: { in_cache, waiting, on_tape, lost } },
    overdue: maxAgeWarning === undefined ? 0 : await overdue(catalogue, maxAgeWarning, now),
    lost: await lostRecords(catalogue),
    audit: lastProof(await catalogue.lastPasses('verify')),
    drill: lastProof(await catalogue.lastPasses('drill')),
    audited: proof.audited,
    lastAudited: isoOrNull(proof.latestAudit),
    provenSince: isoOrNull(proof.oldest),
    wrong: proof.wrong,
    parts: partsOf(parts),
  };
}

async function overdue(catalogue: Viewed, age: string, now: number): Promise<number> {
  const until = parseMoment(age, new Date(now)).getTime();
  let found = 0;
  for await (const _ of catalogue.rows({ state: 'waiting', until })) if (++found === MOST_OVERDUE) break;
  return found;
}

async function lostRecords(catalogue: Viewed): Promise<LostRecord[]> {
  const found: LostRecord[] = [];
  for await (const lost of allLost(catalogue)) {
    found.push(lost);
    if (found.length === MOST_LOST) break;
  }
  return found;
}

async function* allLost(catalogue: Viewed): AsyncGenerator<LostRecord, void, undefined> {
  for await (const row of catalogue.rows({ state: 'lost' })) yield lostRecord(row);
  for await (const loss of catalogue.replacedLosses()) yield lostRecord(replacedRow(loss));
}

function lostRecord({ path, size, lost, loss }: CatalogueRow): LostRecord {
  return { path, size, since: iso(lost ?? 0), reason: loss ?? '' };
}

function partsOf(parts: Summary['parts']): ProvenPart[] {
  return parts
    .toSorted((a, b) => (a.oldestProof ?? 0) - (b.oldestProof ?? 0))
    .slice(0, MOST_PARTS)
    .map(({ name, records, audited, oldestProof, wrong }) => ({
      ...{ name, records, audited, provenSince: isoOrNull(oldestProof), wrong },
    }));
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Null also for a time beyond all dates, which a row from elsewhere may have. */
function isoOrNull(milliseconds: number | null): string | null {
  if (milliseconds === null || Number.isNaN(new Date(milliseconds).getTime())) return null;
  return iso(milliseconds);
}
