/** The named steps at which a process may end. What removals do around the catalogue's commits: support/passes_to_kill. */
import type { Halt } from '../../support/halting_relay.js';
import type { Patch } from '../../support/patches.js';
import type { ScenarioName } from './scenarios.js';

interface InText {
  /** Below dist/lib. */
  file: string;
  /** A point before, or after, this text of the compiled file. */
  before?: string;
  after?: string;
}

export interface Point {
  /** Unique within its scenario. */
  name: string;
  scenario: ScenarioName;
  /** One of the three ways to get there. */
  text?: InText;
  wire?: Halt;
  /** A call of the C library for a path: at_call.c. */
  call?: readonly [call: string, path: string];
}

type Texts = Record<string, readonly [side: 'before' | 'after', text: string]>;

function inFile(scenario: ScenarioName, file: string, texts: Texts): Point[] {
  return Object.entries(texts).map(([name, [side, text]]) => ({
    name,
    scenario,
    text: { file, [side]: text },
  }));
}

function onWire(scenario: ScenarioName): Point[] {
  const write = ['write', 'pgwrite'];
  const wires: Record<string, Halt> = {
    'before the open': { kinds: ['open'], at: 'request' },
    opened: { kinds: ['open'], at: 'answer' },
    'before the first write': { kinds: write, at: 'request' },
    'after the first write': { kinds: write, at: 'answer' },
    'before the sync': { kinds: ['sync'], at: 'request' },
    'after the sync': { kinds: ['sync'], at: 'answer' },
    'before the close': { kinds: ['close'], at: 'request' },
    'after the close': { kinds: ['close'], at: 'answer' },
    'before the stat after it': { kinds: ['stat'], at: 'request', after: 'close' },
    'after the stat after it': { kinds: ['stat'], at: 'answer', after: 'close' },
  };
  return Object.entries(wires).map(([name, wire]) => ({ name: `copy: ${name}`, scenario, wire }));
}

function calls(scenario: ScenarioName, named: Record<string, readonly [string, string]>): Point[] {
  return Object.entries(named).map(([name, call]) => ({ name, scenario, call }));
}

const OWN = '.xrootd-archive.';

export const POINTS: readonly Point[] = [
  ...onWire('a small record'),
  ...onWire('a large record'),
  ...inFile('a small record', 'jobs/backup/copy_record.js', {
    'verify: the copy, before the comparison': [
      'before',
      'const state = await classifyRecord(record.path, Number(record.identity.size)',
    ],
    'verify: the copy, compared': ['before', 'return { state, remote };'],
  }),
  ...inFile('a small record', 'jobs/backup/backup.js', {
    'lock: taken': ['before', 'const root = await CacheDirectory.openRoot(cache);'],
    'lock: before it is released': ['before', 'await lock.release();'],
    'lock: released': ['after', 'await lock.release();'],
  }),
  ...inFile('a small record', 'cache/capture.js', {
    'capture: before the rename': [
      'before',
      'await fs.rename(directory.entry(name), holder.entry(capture));',
    ],
    'capture: renamed': ['after', 'await fs.rename(directory.entry(name), holder.entry(capture));'],
    'last look: before it': ['before', 'const reason = await lastLook?.(path);'],
    'last look: after it': ['after', 'const reason = await lastLook?.(path);'],
    'unlink: before it': ['before', 'await fs.unlink(holder.entry(capture));'],
    'unlink: after it': ['after', 'await fs.unlink(holder.entry(capture));'],
  }),
  ...inFile('a small record', 'cache/state_file.js', {
    'memo: before it is written': ['before', 'await fs.writeFile(temporary, content'],
    'memo: before its rename': ['before', 'await fs.rename(temporary, file);'],
    'memo: renamed': ['after', 'await fs.rename(temporary, file);'],
  }),
  ...inFile('a small record', 'jobs/catalogue/segments.js', {
    'segment: its file made': ['before', 'const upTo = made.upTo ==='],
    'segment: to be sent, and durably so': [
      'after',
      'await this.#catalogue.durable(pendingChange(pending));',
    ],
    'segment: uploaded and compared': ['before', "logger.info('the catalogue’s changes are on"],
    'segment: remembered': ['after', "await this.#note(this.#state, { kind: 'exported', batch, upTo });"],
  }),
  ...inFile('a small record', 'jobs/catalogue/segment_server.js', {
    'segment: before its upload': ['before', 'await store.upload(this.#file, this.#name, {'],
    'segment: uploaded': ['before', 'const after = await this.#classify('],
  }),
  ...inFile('a record on tape', 'jobs/backup/backup_record.js', {
    'verify: before the comparison': [
      'before',
      'const found = await classifyRecord(record.path, size, remote',
    ],
    'verify: compared': ['before', 'const read = config.verify'],
    'verify: remembered': ['before', 'return { decision: decideRecord(walked, state'],
    'commit: before it': ['before', 'const reason = await book.allowRemoval('],
    'commit: durable': ['before', 'const outcome = await removeRecord(record, removal'],
    'commit: the end is noted': ['after', "book.ended(path, outcome.result === 'removed');"],
  }),
  ...inFile('a record that changes', 'jobs/backup/take_back.js', {
    'copy: before it is taken back': ['before', 'const result = await store.removeSeen(record.path, remote)'],
    'copy: taken back': ['before', "if (result === 'removed' || result === 'gone')\n            return;"],
  }),
  ...inFile('a removal that is refused', 'cache/put_back.js', {
    'put back: before it': ['before', 'await fs.link(from, to);'],
    'put back: linked': ['before', 'await fs.unlink(from);'],
    'put back: unlinked': ['after', 'await fs.unlink(from);'],
  }),
  ...inFile('put of a stream', 'cache/ingest.js', {
    'put: temporary made': ['before', 'let size = 0;'],
    'put: a piece written': ['before', 'size += given;'],
    'put: all written': ['before', 'await keepChecksum(handle.fd, checksum);'],
    'put: attribute set': ['after', 'await keepChecksum(handle.fd, checksum);'],
    'put: synced': ['after', 'await handle.sync();'],
    'put: closed': ['before', 'await named(directory, () => publish('],
    'put: published': ['before', 'return { path, ...filled'],
  }),
  ...calls('put in one call', {
    'put: before the attribute': ['before fsetxattr', OWN],
    'put: the attribute set': ['after fsetxattr', OWN],
    'put: before the rename': ['before renameat2', ''],
    'put: renamed': ['after renameat2', ''],
  }),
  ...inFile('a restore', 'jobs/restore/restore_record.js', {
    'restore: before the temporary': ['before', 'await incoming.download(store'],
    'restore: temporary written': [
      'after',
      'await incoming.download(store, { onProgress, signal: run.signal });',
    ],
    'restore: summed': ['before', 'await checkReceived(entry, received, expected);'],
    'restore: compared': ['after', 'await checkReceived(entry, received, expected);'],
    'restore: published': ['after', 'await incoming.publish();'],
  }),
  ...calls('a restore', {
    'restore: before its times': ['before futimens', OWN],
    'restore: times set': ['after futimens', OWN],
    'restore: synced': ['after fsync', OWN],
    'restore: before the rename': ['before renameat2', ''],
    'restore: renamed': ['after renameat2', ''],
  }),
  ...inFile('a restore from tape', 'cache/stage_journal.js', {
    'stage: before the journal': ['before', 'const line = `${JSON.stringify('],
    'stage: before the journal is cleared': ['before', 'await fs.rm(this.#file, { force: true });'],
    'stage: the journal cleared': ['after', 'await fs.rm(this.#file, { force: true });'],
  }),
  ...inFile('a restore from tape', 'jobs/staging/stager.js', {
    'stage: before tape is asked': ['before', 'const refused = await this.#batches.send('],
    'stage: asked, the journal written': ['after', 'await record?.(requestId, [...names]);'],
    'stage: online': ['before', "emit({ type: 'stage:online', path: pending.name });"],
  }),
  ...inFile('a restore from tape', 'jobs/staging/staged_files.js', {
    'evict: before it': ['before', 'const refused = await this.#batches.send('],
    'evict: evicted': ['before', "emit({ type: 'file:evicted', path: name });"],
  }),
  ...inFile('retention', 'jobs/retention/retention_record.js', {
    'retention: before the commit': ['before', 'const reason = await book.allowOnlineRemoval('],
    'retention: durable': ['before', 'const compared = { path, identity, remote: target'],
    'retention: removed': ['before', 'book.onlineRemoved(path);'],
    'retention: noted': ['after', 'book.onlineRemoved(path);'],
  }),
  ...inFile('a rebuild', 'jobs/catalogue/rebuild.js', {
    'rebuild: begun': ['before', 'Object.assign(counts, await imported.all(id, wasEmpty));'],
    'rebuild: imported': ['after', 'Object.assign(counts, await imported.all(id, wasEmpty));'],
    'rebuild: settled': ['after', 'counts.serverOnly = await settle(catalogue, config, now);'],
    'rebuild: ended': ['before', 'const isWhole = report.error'],
  }),
  ...inFile('a rebuild', 'jobs/catalogue/imported_segments.js', {
    'rebuild: a segment is here': ['before', 'await this.#note(file, header);'],
    'rebuild: a segment is noted': ['after', 'await this.#note(file, header);'],
    'rebuild: before it takes the chain over': [
      'before',
      'await this.#takeOver(id, wasEmpty, whole ? begin : 0);',
    ],
    'rebuild: the chain taken over': ['after', 'await this.#takeOver(id, wasEmpty, whole ? begin : 0);'],
  }),
];

/** What a scenario makes happen that would need luck. */
export const FORCED: readonly Patch[] = [
  {
    file: 'jobs/backup/copy_record.js',
    text: 'if (!file.isUnchanged()) {',
    replacement: "if (!file.isUnchanged() || globalThis.isForced?.('change')) {",
  },
  {
    file: 'cache/capture.js',
    text: 'if (!sameInode(before, captured))',
    replacement:
      "if (globalThis.isForced?.('refusal')) return { outcome: 'refused', reason: 'the test' };\n    if (!sameInode(before, captured))",
  },
];

/** All points that are texts; in one process at once. */
export function patchesOf(points: readonly Point[]): Patch[] {
  // Several points of one text become one patch.
  const around = new Map<string, { file: string; text: string; before: string; after: string }>();
  for (const { name, text } of points) {
    if (text === undefined) continue;
    const { file, before, after } = text;
    const anchor = before ?? after ?? '';
    const known = around.get(`${file} ${anchor}`) ?? { file, text: anchor, before: '', after: '' };
    const call = `globalThis.atPoint?.(${JSON.stringify(name)});`;
    if (before === undefined) known.after += ` ${call}`;
    else known.before += `${call} `;
    around.set(`${file} ${anchor}`, known);
  }
  return [...around.values()].map(({ file, text, before, after }) => ({
    ...{ file, text },
    replacement: `${before}${text}${after}`,
  }));
}
