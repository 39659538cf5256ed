/** The command, with its default options, at a real server behind a relay that behaves as a test wants it. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AnsweringRelay, type Decide } from './answering_relay.js';
import { RunningCli, type CliOptions, type Ended } from './cli.js';
import { tellFigure, unlessMeasured } from './figures.js';
import { PlainServer } from './plain_server.js';
import { writeRecord } from './records.js';
import { withTemp } from './temporary.js';

/** Seconds: two of them are the default, and make six to twelve for three attempts. */
const retryDelay = unlessMeasured(0.1, 2);

export interface Behaving {
  server: PlainServer;
  relay: AnsweringRelay;
  cache: string;
  directory: string;
  start: (args: readonly string[], options?: CliOptions) => RunningCli;
  /** @param figure the behaviour, if the time is to be told */
  run: (args: readonly string[], figure?: string, options?: CliOptions) => Promise<Ended>;
}

/** Sizes by the names of the records in the cache. */
export async function withBehaving(
  records: Readonly<Record<string, number>>,
  decide: Decide,
  use: (behaving: Behaving) => Promise<void>,
  keys: Record<string, unknown> = {},
  config: readonly string[] = ['xrootd.chksum max 4 adler32 crc32c'],
  programs: Record<string, string> = {},
): Promise<void> {
  const server = await PlainServer.start({ config, programs });
  try {
    await using relay = await AnsweringRelay.start(server.url, decide);
    await withTemp(async (directory) => {
      const [cache, file] = [path.join(directory, 'cache'), path.join(directory, 'config.yaml')];
      await mkdir(cache);
      for (const [name, size] of Object.entries(records)) await writeRecord(cache, name, size);
      const all = {
        ...{ cache_directory: cache, target_url: `${relay.url}//base`, auto_remove: 'cached' },
        ...{ settle_seconds: 0, retry_delay_seconds: retryDelay, catalogue_segments: false, ...keys },
      };
      // JSON is YAML.
      await writeFile(file, JSON.stringify({ backup: all }));
      const start = (args: readonly string[], options?: CliOptions) =>
        new RunningCli([...args, '--config', file], options);
      const run = async (args: readonly string[], figure?: string, options?: CliOptions) => {
        const ended = await start(args, options).ended;
        if (figure !== undefined) tellFigure(figure, ended.seconds, wordsOf(ended));
        return ended;
      };
      await use({ server, relay, cache, directory, start, run });
    });
  } finally {
    await server.stop();
  }
}

/** What people see at the end. */
function wordsOf({ code, stdout, stderr }: Ended): string {
  const failed = /Failed:\n([^]*)/.exec(stdout)?.[1] ?? '';
  const last = stderr.split('\n').filter((line) => line.startsWith('xrootd-archive: '));
  return `exit ${code}: ${[failed.trim(), ...last].filter((part) => part !== '').join(' / ')}`;
}
