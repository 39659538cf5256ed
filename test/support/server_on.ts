/** An archive whose server exports a directory of the test's choosing, which may well be the cache. */
import { chmod, mkdir } from 'node:fs/promises';
import { Archive, type ArchiveEvent, type ArchiveOptions } from '../../lib/index.js';
import { keepingLogger, type Line } from './archive.js';
import { PlainServer } from './plain_server.js';

export interface ServerOn {
  server: PlainServer;
  /** Of what the server exports: `url('/base')`. */
  url(path: string): string;
}

/** The server runs as another user: all that it exports is open to everybody. */
export async function withServerOn(
  directory: string,
  use: (on: ServerOn) => Promise<void>,
  config: readonly string[] = [],
): Promise<void> {
  await openToAll(directory);
  const server = await PlainServer.start({
    config: [`oss.localroot ${directory}`, 'xrootd.chksum max 4 adler32 crc32c', ...config],
  });
  try {
    await use({ server, url: (path) => `${server.url}/${path}` });
  } finally {
    await server.stop();
  }
}

export async function openToAll(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o777);
}

/** An archive whose files needn't settle. */
export function archiveOf(options: ArchiveOptions): {
  archive: Archive;
  lines: Line[];
  events: ArchiveEvent[];
} {
  const { logger, lines } = keepingLogger();
  const events: ArchiveEvent[] = [];
  const archive = new Archive(
    { settleSeconds: 0, retryDelaySeconds: 0, catalogueSegments: false, ...options },
    { logger },
  );
  archive.onAny((event) => events.push(event));
  return { archive, lines, events };
}
