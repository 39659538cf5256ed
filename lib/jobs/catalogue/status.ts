/** How the catalogue stands. */
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CatalogueConfig } from '../../catalogue/open_catalogue.js';
import type { StateCount, Summary } from '../../catalogue/queries.js';
import { replacedRow, ROW_STATES, type CatalogueRow, type RowState } from '../../catalogue/row.js';
import type { CatalogueReader } from '../../catalogue/union.js';
import { redactText, type ArchiveConfig } from '../../config/index.js';
import { dateOf, foundRecord, type FoundRecord } from './found_record.js';
import { fileOf, openReader, openToRead, shardsKept } from './open_kept.js';

export type StatusConfig = CatalogueConfig &
  Pick<ArchiveConfig, 'catalogueSegments' | 'catalogueSegmentsUrl'>;

type Part = Summary['parts'][number];

/** How far the records below one first directory were audited. */
export type PartStatus = Omit<Part, 'oldestAudit' | 'oldestProof'> & {
  /** Null: not all were audited. */
  oldestAudit: Date | null;
  /** When the one was last compared, by an audit or a pass, whose comparison is the oldest; null: one never was. */
  oldestProof: Date | null;
};

/** What a catalogue holds, in numbers. */
export interface CatalogueStatus {
  /** One, or one for each shard of its passes. The id is that catalogue's, for ever. */
  files: {
    /** Where it is on this machine. */
    file: string;
    /** Names it in its segments. */
    id: string;
  }[];
  /** Bytes of the files and their logs. */
  fileBytes: number;
  /** All of them, in whatever state. */
  records: number;
  /** Of these records. */
  bytes: number;
  /** The same by state. */
  states: Record<RowState, StateCount>;
  /** The first 20 that are lost; those whose name another record has by now come last. */
  lost: FoundRecord[];
  /** Rows that were taken out, and are remembered. */
  forgotten: number;
  /** When `verify --catalogue` last compared a record. */
  lastAudit: Date | null;
  /** By first directory (`.`: in none), at most 1000: how many of its records were audited, and when the oldest of these audits was. */
  parts: PartStatus[];
  /** The last 5, the newest first. */
  passes: {
    /** `backup`, … */
    job: string;
    /** ISO 8601, UTC. */
    startedAt: string;
    /** ISO 8601, UTC. */
    finishedAt: string;
    /** Its `Report`, as it was then. */
    report: unknown;
  }[];
  /** The copies of the catalogue that passes send to the server. */
  segments: {
    /** Whether passes write any. */
    enabled: boolean;
    /** Where they go; null: to the target. */
    url: string | null;
    /** The number of the last one; 0: none was written. */
    last: number;
  };
  /** Damaged files that were put aside beside it. */
  damagedFiles: string[];
}

const mostLost = 20;
const mostPasses = 5;
/** Without their logs. */
const DAMAGED = /^(\.\d+-of-\d+)?\.damaged-.*(?<!-wal|-shm)$/;

/** Reads the whole table: a second or two for a million records. @throws {ConfigError | CatalogueError} */
export async function status(config: StatusConfig): Promise<CatalogueStatus> {
  const files = await filesOf(config);
  const catalogue = await openReader(config, { snapshot: true });
  try {
    const { parts, proof, lastSegment, fileBytes, forgotten, ...summary } = await catalogue.summary();
    const counts = ROW_STATES.map((state) => summary[state]);
    return {
      ...{ files, fileBytes, forgotten },
      records: counts.reduce((sum, { records }) => sum + records, 0),
      bytes: counts.reduce((sum, { bytes }) => sum + bytes, 0),
      states: {
        in_cache: summary.in_cache,
        waiting: summary.waiting,
        on_tape: summary.on_tape,
        lost: summary.lost,
      },
      lost: await lostOnes(catalogue),
      lastAudit: dateOf(proof.latestAudit),
      parts: parts.map((part) => ({
        ...part,
        oldestAudit: dateOf(part.oldestAudit),
        oldestProof: dateOf(part.oldestProof),
      })),
      passes: (await catalogue.passes(mostPasses)).map(({ job, started, finished, report }) => ({
        ...{ job, startedAt: started, finishedAt: finished, report: JSON.parse(report) as unknown },
      })),
      segments: {
        enabled: config.catalogueSegments,
        url: config.catalogueSegmentsUrl === undefined ? null : redactText(config.catalogueSegmentsUrl),
        last: lastSegment,
      },
      damagedFiles: await damagedFiles(fileOf(config)),
    };
  } finally {
    await catalogue.close();
  }
}

async function filesOf(config: CatalogueConfig): Promise<CatalogueStatus['files']> {
  const files: CatalogueStatus['files'] = [];
  for (const shard of await shardsKept(config)) {
    const catalogue = await openToRead(config, { shard, unchecked: true });
    files.push({ file: catalogue.file, id: catalogue.id });
    await catalogue.close();
  }
  return files;
}

async function lostOnes(catalogue: CatalogueReader): Promise<FoundRecord[]> {
  const found: FoundRecord[] = [];
  for await (const row of allLost(catalogue)) {
    found.push(foundRecord(row));
    if (found.length === mostLost) break;
  }
  return found;
}

async function* allLost(catalogue: CatalogueReader): AsyncGenerator<CatalogueRow, void, undefined> {
  yield* catalogue.rows({ state: 'lost' });
  for await (const loss of catalogue.replacedLosses()) yield replacedRow(loss);
}

async function damagedFiles(file: string): Promise<string[]> {
  const directory = dirname(file);
  const prefix = basename(file);
  const names = await fs.readdir(directory);
  return names
    .filter((name) => name.startsWith(prefix) && DAMAGED.test(name.slice(prefix.length)))
    .sort()
    .map((name) => join(directory, name));
}
