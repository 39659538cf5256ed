/** The target: reachable, login, what it says of itself, base path, tape flags. Changes nothing; `probe.ts` does. */
import type { ArchiveConfig } from '../config/index.js';
import { openTarget, targetFileSystem } from '../remote/open_store.js';
import type { RemoteStat, RemoteStore } from '../remote/store.js';
import { isReserved } from '../rules/names.js';
import { adviceFor, textOf } from './advice.js';
import { failed, ok, warning, type Finding } from './finding.js';
import { probe } from './probe.js';

/** Settings that are asked for by name. */
const SETTINGS = ['version', 'role', 'sitename', 'tpc', 'tpcdlg', 'wan_window'];
/** Files and directories that are looked at for tape flags. */
const MOST_FILES = 100;
const MOST_DIRECTORIES = 50;

export interface TargetOptions {
  /** Write, compare and remove a small file at the target. */
  probe: boolean;
  signal?: AbortSignal;
}

export async function* checkTarget(
  config: ArchiveConfig,
  options: TargetOptions,
): AsyncGenerator<Finding, void, undefined> {
  const { signal } = options;
  const store = openTarget(config);
  try {
    await store.ping(signal);
  } catch (error) {
    signal?.throwIfAborted();
    yield failed('target: login', textOf(error), adviceFor(error));
    return;
  }
  yield ok('target: login', `${config.targetUrl} answers, and lets us in`);
  yield* each('target: server', () => server(config, signal), signal);
  const base = await store.stat('', signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    return failed('target: base path', textOf(error), adviceFor(error));
  });
  yield base !== null && 'check' in base ? base : basePath(config, base);
  yield* each(
    'target: checksums',
    async () => [checksums(config, (await store.checksumTypes(signal)).named)],
    signal,
  );
  yield* each('target: kind', () => kind(store, config, signal), signal);
  if (base === null || 'check' in base || base.kind !== 'directory') return;
  yield* each('target: tape', async () => [tape(config, await someFiles(store, signal))], signal);
  if (options.probe) yield* probe(store, config, signal);
}

/** A question that fails is a finding, too. */
async function* each(
  check: string,
  ask: () => Promise<Finding[]>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Finding, void, undefined> {
  try {
    yield* await ask();
  } catch (error) {
    signal?.throwIfAborted();
    yield failed(check, textOf(error), adviceFor(error));
  }
}

async function server(config: ArchiveConfig, signal: AbortSignal | undefined): Promise<Finding[]> {
  const options = { timeout: config.requestTimeoutSeconds, signal };
  const told = await targetFileSystem(config).queryConfig(SETTINGS, options);
  const parts = SETTINGS.flatMap((name) =>
    told[name] === undefined ? [] : [`${name} ${told[name].trim()}`],
  );
  return [ok('target: server', parts.length === 0 ? 'tells nothing of itself' : parts.join(', '))];
}

function basePath({ targetUrl }: ArchiveConfig, base: RemoteStat | null): Finding {
  const check = 'target: base path';
  if (base === null) {
    return warning(
      check,
      `${targetUrl} does not exist; the first copy makes it, if the server lets it`,
      'if it should exist, correct the path in target_url; else make it (xrdfs HOST mkdir -p PATH), and run this again',
    );
  }
  return base.kind === 'directory'
    ? ok(check, `${targetUrl} is a directory`)
    : failed(check, `${targetUrl} is no directory`, 'correct the path in target_url');
}

function checksums({ checksumType: type }: ArchiveConfig, named: readonly string[]): Finding {
  const check = 'target: checksums';
  if (named.length === 0) {
    return warning(
      check,
      'the server names no checksum that it can compute: copies are read back to be compared',
      'ask its operators for adler32 (xrootd.chksum), which spares the network every second byte',
    );
  }
  return named.includes(type)
    ? ok(check, named.join(', '))
    : warning(
        check,
        `${named.join(', ')}, and checksum_type is ${type}`,
        `set checksum_type to one that the server has`,
      );
}

async function kind(
  store: RemoteStore,
  config: ArchiveConfig,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const check = 'target: kind';
  const readOnly = await store.readOnly(signal);
  if (readOnly !== undefined)
    return [
      failed(
        check,
        `the base path is exported read-only: ${readOnly}`,
        'take another target_url, or ask its operators for write access',
      ),
    ];
  const proxies = await store.proxies(signal);
  return proxies.length === 0 || config.trustProxy
    ? [ok(check, proxies.length === 0 ? 'no proxy, and not read-only' : 'a proxy, which trust_proxy allows')]
    : [
        warning(
          check,
          `${proxies.join(', ')} is a proxy, whose answers may come from its cache: nothing is removed`,
          'name the storage itself in target_url; or set trust_proxy if the proxy keeps no cache',
        ),
      ];
}

/** The first files that a walk through directories finds. */
async function someFiles(store: RemoteStore, signal: AbortSignal | undefined): Promise<RemoteStat[]> {
  const directories = [''];
  const files: string[] = [];
  for (
    let walked = 0;
    walked < directories.length && walked < MOST_DIRECTORIES && files.length < MOST_FILES;
    walked++
  )
    for await (const { path, isDirectory, problem } of store.list(directories[walked] ?? '', signal)) {
      if (problem !== undefined || isReserved(path.split('/').at(-1) ?? '')) continue;
      (isDirectory ? directories : files).push(path);
      if (files.length >= MOST_FILES) break;
    }
  const stats = await store.statMany(files.slice(0, MOST_FILES), signal);
  return stats.filter(
    (stat): stat is RemoteStat => stat !== null && !(stat instanceof Error) && stat.kind === 'file',
  );
}

function tape({ autoRemove, tapeState }: ArchiveConfig, files: readonly RemoteStat[]): Finding {
  const check = 'target: tape';
  if (files.length === 0) return ok(check, 'no files yet that could tell of tape');
  const onTape = files.filter(({ backUpExists }) => backUpExists).length;
  const offline = files.filter((file) => file.offline).length;
  const told = `of ${files.length} files that were looked at, ${onTape} are on tape, ${offline} of them offline`;
  if (onTape > 0 || autoRemove !== 'backed_up' || tapeState !== 'stat') return ok(check, told);
  return warning(
    check,
    `${told}: with auto_remove: backed_up nothing is removed until a stat says BackUpExists`,
    'if they have been there for days, ask whether the server tells by a prepare query (tape_state: either), or has a tape at all',
  );
}
