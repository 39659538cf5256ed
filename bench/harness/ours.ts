/** How contestants of ours are called. */
import type { ArchiveOptions } from '../../lib/index.js';
import type { Bench } from './bench.js';
import type { Copier } from './copying.js';
import type { Command } from './measured_process.js';
import { benchScript } from './places.js';

/** What contestants/ours.ts is told. */
export interface OursJob {
  options: ArchiveOptions;
  /** Restore everything to here; without it: a backup, or an audit. */
  restoreTo?: string | undefined;
  /** Compare the catalogue with the server. */
  audit?: { bytes: boolean };
  fsync?: boolean | undefined;
  /** With a listener to all events. */
  listen?: boolean | undefined;
}

export type OursOptions = Partial<ArchiveOptions> & Pick<OursJob, 'listen' | 'fsync'>;

/** Backs everything up; nothing of it may be on the server. */
export function oursBackup(bench: Bench, options: OursOptions = {}): Copier {
  return ({ from, to, server, data }) =>
    command(bench, jobOf(bench, from, `${server}/${to}`, options), {
      scanned: data.files,
      copied: data.files,
    });
}

/** A pass over records that are all on the server already. */
export function oursPass(bench: Bench, options: OursOptions = {}): Copier {
  return ({ from, to, server, data }) =>
    command(bench, jobOf(bench, from, `${server}/${to}`, options), { scanned: data.files, kept: data.files });
}

export function oursRestore(bench: Bench, options: OursOptions = {}): Copier {
  return ({ from, to, server, data }) =>
    command(
      bench,
      { ...jobOf(bench, undefined, `${server}/${from}`, options), restoreTo: to },
      { scanned: data.files, copied: data.files },
    );
}

/** The library's defaults, but that records needn't settle and stay: every contestant finds the same. */
export function jobOf(
  bench: Bench,
  cacheDirectory: string | undefined,
  targetUrl: string,
  { listen, fsync, ...options }: OursOptions,
): OursJob {
  return {
    options: {
      ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
      targetUrl,
      settleSeconds: 0,
      autoRemove: 'never',
      ...bench.options.ours,
      ...options,
    },
    listen,
    fsync,
  };
}

/** A script of contestants/ that takes one JSON argument. */
export function nodeCommand(
  bench: Bench,
  script: string,
  job: unknown,
  expect: Command['expect'] = {},
): Command {
  const args = [...bench.options.nodeOptions, benchScript('contestants', script), JSON.stringify(job)];
  return { file: process.execPath, args, expect };
}

function command(bench: Bench, job: OursJob, expect: Record<string, number>): Command {
  return nodeCommand(bench, 'ours.js', job, { failed: 0, conflicts: 0, ...expect });
}
