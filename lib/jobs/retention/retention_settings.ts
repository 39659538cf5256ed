/** The retention settings of a configuration, checked and ready for use. Reads no disk and asks no server. */
import { ConfigError } from '../../config/errors.js';
import { resolveOptions, type ArchiveConfig, type ArchiveOptions } from '../../config/index.js';
import { parseTarget, type Target } from '../../config/target.js';
import { parseMoment } from '../../rules/moment.js';
import { pathDate, type PathDate } from '../../rules/path_date.js';
import type { RetentionRules } from '../../rules/retention.js';
import { selector, type Selector } from '../../rules/selection.js';

type Place = { directory: string } | { server: Target };

export interface RetentionSettings {
  place: Place;
  rules: RetentionRules;
  /** `unmatched()` returns the holds that have matched no file so far. */
  held: Selector;
  /** The settings as the configuration has them: what `--confirm` stores and later passes compare. */
  toConfirm: object;
  /** Confirmed by the configuration itself. */
  confirmed: boolean;
}

/** @throws {ConfigError} also if there are none */
export function retentionSettings(
  { targetUrl, retention }: Pick<ArchiveConfig, 'targetUrl' | 'retention'>,
  now: Date,
): RetentionSettings {
  if (retention === undefined)
    throw problem('retention', 'is missing: it must say what is kept online, where, and how long');
  const { onlineDirectory, onlineUrl, period, datePattern, hold, confirmed } = retention;
  const place = placeOf(targetUrl, onlineDirectory, onlineUrl);
  // An empty list of paths: without any hold nothing is held, rather than everything.
  const held = selector({ patterns: hold, paths: [] });
  const dateOf = datePattern === undefined ? undefined : dateOfPattern(datePattern);
  const cutoff = parseMoment(period, now);
  const toConfirm = { targetUrl, onlineDirectory, onlineUrl, period, datePattern, hold };
  return { place, held, rules: { held, dateOf, cutoff }, toConfirm, confirmed };
}

/**
 * Checks the settings without using them.
 * @throws {ConfigError} if they contradict each other or the rest of the configuration
 */
export function checkRetention(config: Pick<ArchiveConfig, 'targetUrl' | 'retention'>, now: Date): void {
  if (config.retention !== undefined) retentionSettings(config, now);
}

/**
 * The options in force, their retention checked too.
 * @throws {ConfigError} with everything that is wrong with them
 */
export function resolved(options: ArchiveOptions): ArchiveConfig {
  const config = resolveOptions(options);
  checkRetention(config, new Date());
  return config;
}

function placeOf(targetUrl: string, directory: string | undefined, url: string | undefined): Place {
  if (directory !== undefined) return { directory };
  if (url === undefined) throw new Error('the schema asks for one of them');
  const [server, target] = [parseTarget(url), parseTarget(targetUrl)];
  if (overlap(server, target))
    throw problem('retention.onlineUrl', 'is the target, or a part of it: what goes there is gone');
  return { server };
}

const DEFAULT_PORT = 1094;

/** Compares names only. Another name of the same server is noticed at each file, because that is on tape there. */
function overlap(a: Target, b: Target): boolean {
  const host = ({ host, port = DEFAULT_PORT }: Target) => `${host.toLowerCase()}:${port}`;
  const below = (base: string, path: string) => `${path}/`.startsWith(base === '/' ? '/' : `${base}/`);
  return host(a) === host(b) && (below(a.base, b.base) || below(b.base, a.base));
}

function dateOfPattern(pattern: string): PathDate {
  try {
    return pathDate(pattern);
  } catch (error) {
    throw problem('retention.datePattern', (error as Error).message);
  }
}

function problem(key: string, message: string): ConfigError {
  return new ConfigError([{ key, message }]);
}
