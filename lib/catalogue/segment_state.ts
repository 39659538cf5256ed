/** What a catalogue remembers of its segments, as `meta`. */
import type { Catalogue } from './catalogue.js';
import type { Change } from './changes.js';

/** A segment that was made, and of which it isn't known yet whether the server has it. */
export interface PendingSegment {
  sequence: number;
  /** SHA-256 of the local file, which stands beside the catalogue until the server has it. */
  hash: string;
  /** What is in it: see the change `exported`. */
  batch: number;
  upTo: string | undefined;
  /** As it is once the server has it. */
  after: SegmentState;
}

export interface SegmentState {
  /** Of the last segment that the server has; 0: none. */
  sequence: number;
  /** SHA-256 of that one's file. */
  hash: string | null;
  /** Where the last complete full one begins; 0: there is none. */
  full: number;
  /** Segments after it. */
  segments: number;
  /** Rows in them. */
  rows: number;
  /** A full one that was begun: its first segment, the last batch before it, and up to which path it goes by now. */
  begun: { first: number; batch: number; upTo: string } | null;
}

/** Why the last segments couldn't be written. */
export interface FailedSegments {
  /** When it first failed: changes since then are on this machine alone. ISO 8601. */
  since: string;
  /** When it was last tried. */
  at: string;
  message: string;
}

const NONE: SegmentState = { sequence: 0, hash: null, full: 0, segments: 0, rows: 0, begun: null };

type Reader = Pick<Catalogue, 'meta'>;

export async function segmentState(catalogue: Reader): Promise<SegmentState> {
  const [sequence, hash, more] = await Promise.all([
    catalogue.meta('segment'),
    catalogue.meta('segment_hash'),
    json<Partial<SegmentState>>(catalogue, 'segment_state'),
  ]);
  return { ...NONE, ...more, sequence: Number(sequence ?? 0), hash: hash ? hash : null };
}

export function stateChanges({ sequence, hash, ...more }: SegmentState): Change[] {
  return [
    { kind: 'meta', key: 'segment', value: String(sequence) },
    { kind: 'meta', key: 'segment_hash', value: hash ?? '' },
    { kind: 'meta', key: 'segment_state', value: JSON.stringify(more) },
  ];
}

export function pendingSegment(catalogue: Reader): Promise<PendingSegment | undefined> {
  return json(catalogue, 'segment_pending');
}

export function pendingChange(pending: PendingSegment | undefined): Change {
  return {
    kind: 'meta',
    key: 'segment_pending',
    value: pending === undefined ? '' : JSON.stringify(pending),
  };
}

/** Undefined: the last try succeeded, or there was none. */
export function failedSegments(catalogue: Reader): Promise<FailedSegments | undefined> {
  return json(catalogue, 'segment_failed');
}

export function failedChange(failed: FailedSegments | undefined): Change {
  return { kind: 'meta', key: 'segment_failed', value: failed === undefined ? '' : JSON.stringify(failed) };
}

/** Only we write these; an empty text stands for undefined. */
async function json<T>(catalogue: Reader, key: string): Promise<T | undefined> {
  const text = await catalogue.meta(key);
  return text ? (JSON.parse(text) as T) : undefined;
}
