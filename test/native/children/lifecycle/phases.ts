/** What can be under way when a process ends. Each calls `reached` when it is. */
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { put } from '../../../../lib/cache/ingest.js';
import { checksumFile } from '../../../../lib/posix/index.js';
import { copyFile, FileSystem, RateLimit, readChecksum } from '../../../../lib/xrdcl/index.js';

export interface Work {
  stop: AbortController;
}

export interface Place {
  server: string;
  /** A local one. */
  directory: string;
  /** A local file of 1 GiB. */
  large: string;
  /** Where the server's checksum program tells that it was asked. */
  asked: string;
  /** In names; each process and thread has its own. */
  id: string;
  signal: AbortSignal;
}

/** Resolves when the work has ended, which may be never. */
type Phase = (place: Place, reached: () => void) => Promise<unknown>;

const MiB = 2 ** 20;

/** It accepts a connection and says nothing; `reached` when one has come. */
async function silentServer(reached: () => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', reached);
    socket.unref();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  server.unref();
  return `root://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Says when somebody has to wait for it. */
class WatchedLimit extends RateLimit {
  readonly #onWait: () => void;

  constructor(onWait: () => void) {
    super(2 ** 16);
    this.#onWait = onWait;
  }

  override take(bytes: number, signal?: AbortSignal): Promise<void> {
    const taken = super.take(bytes, signal);
    this.#onWait();
    return taken;
  }
}

const nothing = () => undefined;

export const phases: Record<string, Phase> = {
  'a copy before its open': ({ server, large, id, signal }, reached) =>
    copyFile(
      { source: large, target: `${server}//d/${id}` },
      { signal, rateLimit: new WatchedLimit(reached) },
    ),
  'a copy that opens its target at a silent server': async ({ large, id, signal }, reached) =>
    copyFile({ source: large, target: `${await silentServer(reached)}//d/${id}` }, { signal }),
  'an upload in its middle': ({ server, large, id, signal }, reached) =>
    copyFile(
      { source: large, target: `${server}//d/${id}`, xrate: 4 * MiB },
      { signal, onProgress: reached },
    ),
  'a download in its middle': ({ server, directory, id, signal }, reached) =>
    copyFile(
      { source: `${server}//large`, target: join(directory, id), xrate: 4 * MiB },
      { signal, onProgress: reached },
    ),
  'a copy that closes': ({ server, id, signal }, reached) => {
    const onProgress = ({ bytes, size }: { bytes: number; size: number }) => {
      if (bytes === size) reached();
    };
    const source = `${server}//some`;
    return copyFile({ source, target: `${server}//d/${id}`, sync: true }, { signal, onProgress });
  },
  'small copies': async ({ server, directory, id, signal }, reached) => {
    for (let i = 0; !signal.aborted; i += 1) {
      const copies = Array.from({ length: 32 }, (_, k) => {
        const target = k % 2 === 0 ? `${server}//d/${id}-${i}-${k}` : join(directory, `${id}-${i}-${k}`);
        const source = k % 2 === 0 ? (process.argv[1] ?? '') : `${server}//small`;
        return copyFile({ source, target, sizeHint: 1 }, { signal });
      });
      await Promise.all(copies);
      if (i === 1) reached();
    }
  },
  'a stat at a silent server': async ({ signal }, reached) => {
    const server = new FileSystem(await silentServer(reached));
    await server.stat('/x', { signal }).catch(nothing);
  },
  'many stats': async ({ server, signal }, reached) => {
    const file = new FileSystem(server);
    while (!signal.aborted) {
      await Promise.all(Array.from({ length: 300 }, () => file.stat('/small', { signal }).catch(nothing)));
      reached();
    }
  },
  'a checksum query that waits': async ({ server, asked, id, signal }, reached) => {
    const answer = new FileSystem(server).queryChecksum(`/sum/${id}`, undefined, { signal }).catch(nothing);
    // The server's program makes it.
    while (!existsSync(join(asked, `asked-${id}`))) await sleep(5);
    reached();
    await answer;
  },
  'a put': async ({ directory, id, signal }, reached) => {
    for (let i = 0; !signal.aborted; i += 1) {
      const fsync = i % 2 === 0;
      const bytes = Buffer.alloc(500_000, i);
      const puts = Array.from({ length: 8 }, (_, k) => put(directory, `${id}/${i}/${k}`, bytes, { fsync }));
      await Promise.all(puts);
      if (i === 1) reached();
    }
  },
  'a prepare': async ({ signal }, reached) => {
    const server = new FileSystem(await silentServer(reached));
    await server.stage(['/x'], { signal }).catch(nothing);
  },
  'a read-back': ({ server, signal }, reached) =>
    readChecksum(`${server}//large`, 'crc32c', { signal, rateLimit: new WatchedLimit(reached) }).catch(
      nothing,
    ),
  'a listing of many': async ({ server, signal }, reached) => {
    const file = new FileSystem(server);
    while (!signal.aborted)
      for await (const { name } of file.dirList('/many', { stat: true })) if (name !== '') reached();
  },
  'a local checksum': async ({ large, signal }, reached) => {
    const sum = checksumFile(large, { signal }).catch(nothing);
    setImmediate(reached);
    await sum;
  },
};
