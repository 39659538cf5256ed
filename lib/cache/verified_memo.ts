/**
 * Which records earlier passes have copied or compared with the server. So a pass that removes nothing needn't read the whole
 * cache again, and adler32 isn't the only proof of a copy that is offline by now. Takes eight bytes a record, in the cache's
 * root; if it is lost, records are compared again. Never a reason to remove anything: S1 asks for what was seen in the same
 * pass.
 */
import type { Identity } from '../rules/identity.js';
import { pathFraction } from '../rules/path_fraction.js';
import { nameFor, type Shard } from '../rules/sharding.js';
import type { CacheDirectory } from './directory.js';
import { MEMO_NAME } from './own_files.js';
import { NumberSet } from './number_set.js';
import { readStateFile, replaceStateFile } from './state_file.js';

export interface Compared {
  path: string;
  identity: Identity;
}

/** What the server told of the file when it was compared. */
export interface ComparedWith {
  /** Bytes. */
  size: number;
  mtime: Date;
}

/** The catalogue that a pass has written, as it was at the pass's end. */
export interface SeenCatalogue {
  /** A UUID. */
  id: string;
  /** Counts upwards with each commit. */
  batch: number;
}

const MAGIC = Buffer.from('xrootd-archive 5');
const UUID_BYTES = 16;
/** After it come the catalogue's UUID, or zeros, and its batch. */
const HEADER_BYTES = MAGIC.length + UUID_BYTES + 8;

interface Kept {
  keys: NumberSet;
  catalogue?: SeenCatalogue | undefined;
}

export class VerifiedMemo {
  readonly #root: CacheDirectory;
  readonly #file: string;
  readonly #scope: string;
  readonly #earlier: NumberSet;
  readonly #now = new NumberSet();
  /** No earlier pass has left one. */
  readonly isNew: boolean;
  /** Undefined: none, as far as is known. */
  readonly catalogue: SeenCatalogue | undefined;

  private constructor(root: CacheDirectory, file: string, scope: string, kept: Kept | undefined) {
    const earlier = kept?.keys;
    this.isNew = kept === undefined;
    this.catalogue = kept?.catalogue;
    this.#root = root;
    this.#file = file;
    this.#scope = scope;
    this.#earlier = earlier ?? new NumberSet();
  }

  /**
   * A file that isn't there or can't be read is as good as an empty one.
   * @param scope what must be the same for a comparison to count: the target, the type of checksum
   */
  static async load(root: CacheDirectory, scope: string, shard?: Shard): Promise<VerifiedMemo> {
    const file = nameFor(shard, MEMO_NAME);
    return new VerifiedMemo(root, file, scope, await read(root.entry(file)));
  }

  /** This pass has neither added nor recalled anything. */
  get isEmpty(): boolean {
    return this.#now.size === 0;
  }

  /**
   * What is known of this record and its remote file, if neither has changed since. `proven`: their bytes are equal. `weak`:
   * they have the same weak checksum, which files of other bytes easily share. Undefined: nothing.
   */
  recall(record: Compared, remote: ComparedWith): 'proven' | 'weak' | undefined {
    if (isTimeless(remote)) return undefined;
    if (this.#hasKept(this.#key(record, remote, true))) return 'proven';
    return this.#hasKept(this.#key(record, remote, false)) ? 'weak' : undefined;
  }

  #hasKept(key: number): boolean {
    if (!this.#earlier.has(key) && !this.#now.has(key)) return false;
    this.#now.add(key);
    return true;
  }

  /** @param proven false if a weak checksum is all that was compared */
  add(record: Compared, remote: ComparedWith, proven: boolean): void {
    if (!isTimeless(remote)) this.#now.add(this.#key(record, remote, proven));
  }

  /**
   * @param complete every record was looked at: what this pass didn't meet is forgotten
   * @param catalogue undefined: this pass had none, and what earlier ones had is remembered
   */
  async save(complete: boolean, catalogue = this.catalogue): Promise<void> {
    if (!complete) for (const key of this.#earlier) this.#now.add(key);
    const bytes = [MAGIC, headerOf(catalogue), this.#now.bytes()];
    await replaceStateFile(this.#root.entry(this.#file), bytes);
  }

  /** 53 bits: among a million records, two have the same key in one pass of ten thousand. */
  #key({ path, identity }: Compared, { size, mtime }: ComparedWith, proven: boolean): number {
    const { dev, ino, size: bytes, mtimeNs, ctimeNs } = identity;
    const text = `${path}\0${dev} ${ino} ${bytes} ${mtimeNs} ${ctimeNs} ${size} ${mtime.getTime()}`;
    return pathFraction(text, proven ? `${this.#scope} proven` : this.#scope) * 2 ** 53;
  }
}

/** No change of such a file could be seen: it is compared again each time. */
function isTimeless({ mtime }: ComparedWith): boolean {
  return Number.isNaN(mtime.getTime());
}

function headerOf(catalogue: SeenCatalogue | undefined): Buffer {
  const header = Buffer.alloc(UUID_BYTES + 8);
  if (catalogue === undefined) return header;
  header.write(catalogue.id.replaceAll('-', ''), 'hex');
  header.writeDoubleLE(catalogue.batch, UUID_BYTES);
  return header;
}

function catalogueIn(header: Buffer): SeenCatalogue | undefined {
  const id = header.toString('hex', 0, UUID_BYTES).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return /^[0-]+$/.test(id) ? undefined : { id, batch: header.readDoubleLE(UUID_BYTES) };
}

/** Undefined if there is none. */
async function read(file: string): Promise<Kept | undefined> {
  const keys = new NumberSet();
  try {
    const bytes = await readStateFile(file);
    if (bytes === undefined) return undefined;
    const isOurs = bytes.subarray(0, MAGIC.length).equals(MAGIC);
    if (!isOurs || bytes.length % 8 !== 0 || bytes.length < HEADER_BYTES) return { keys };
    for (let at = HEADER_BYTES; at < bytes.length; at += 8) {
      keys.add(bytes.readDoubleLE(at));
      // Reading a million keys takes a tenth of a second.
      if (at % (8 * 65_536) === 0) await new Promise(setImmediate);
    }
    return { keys, catalogue: catalogueIn(bytes.subarray(MAGIC.length)) };
  } catch {
    return { keys: new NumberSet() };
  }
}
