import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';

const counterBytes = 8;

/**
 * What the disk buffer holds: the robot's side of native/sandbox/buffer_ledger.h. The server's plug-in counts what
 * clients add, the robot what it evicts and stages; each writes only its own counter.
 */
export class BufferLedger {
  readonly #fd: number;
  readonly #limit: number;
  #freed = 0;

  constructor(file: string, limit: number) {
    writeFileSync(file, Buffer.alloc(2 * counterBytes), { mode: 0o644 });
    this.#fd = openSync(file, 'r+');
    this.#limit = limit;
  }

  used(): number {
    const charged = Buffer.alloc(counterBytes);
    readSync(this.#fd, charged, 0, counterBytes, 0);
    return Number(readCounter(charged)) - this.#freed;
  }

  fits(bytes: number): boolean {
    return this.used() + bytes <= this.#limit;
  }

  /** Bytes that left the buffer; negative: that came back from tape. */
  free(bytes: number): void {
    this.#freed += bytes;
    writeSync(this.#fd, counter(this.#freed), 0, counterBytes, counterBytes);
  }

  /** Only while no server runs. */
  reset(used: number): void {
    this.#freed = 0;
    writeSync(this.#fd, Buffer.concat([counter(used), counter(0)]), 0, 2 * counterBytes, 0);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

// The plug-in reads them as its machine's integers, and it is the same machine.
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function counter(value: number): Buffer {
  const buffer = Buffer.alloc(counterBytes);
  if (littleEndian) buffer.writeBigInt64LE(BigInt(value));
  else buffer.writeBigInt64BE(BigInt(value));
  return buffer;
}

function readCounter(buffer: Buffer): bigint {
  return littleEndian ? buffer.readBigInt64LE() : buffer.readBigInt64BE();
}
