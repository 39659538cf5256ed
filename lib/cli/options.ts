/** The options that commands share, and how they overrule the configuration file. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ArchiveOptions } from '../config/index.js';
import { LOG_LEVELS, type LogLevel } from '../config/log_levels.js';
import type { Shard } from '../rules/sharding.js';
import { shard } from './values.js';

export interface BaseOptions {
  json?: boolean;
  logLevel?: LogLevel;
}

export interface ShardOption {
  shard?: Shard;
}

/** Options as commander parsed them; those that overrule the configuration have its keys, in camelCase. */
export type ConfigOptions = BaseOptions & {
  /** False: no file is read, not even a default one. */
  config?: string | false;
} & Partial<Record<OverrideKey, string | number>>;

const overrides = {
  cacheDirectory: ['--cache <directory>', 'the cache: the directory that ingest writes to'],
  targetUrl: ['--target <url>', 'the target: root://server//base/path'],
  autoRemove: ['--auto-remove <state>', 'remove local files when they are: never, cached, backed_up'],
  verify: ['--verify <how>', 'how copies are compared: auto, checksum, read, size'],
  checksumType: ['--checksum-type <type>', 'adler32, crc32c, md5 or crc32'],
  keytabFilePath: ['--keytab <file>', 'SSS keytab'],
  gsiProxyPath: ['--proxy <file>', 'X.509 proxy for GSI'],
  tokenFilePath: ['--token-file <file>', 'file with a bearer token'],
  targetOpaqueFile: ['--opaque-file <file>', 'file with opaque information for each request to the target'],
  settleSeconds: ['--settle-seconds <seconds>', 'leave files alone that changed within this time'],
  parallelCopies: ['--parallel-copies <number>', 'copies at once, or auto'],
  maxRate: ['--max-rate <size>', 'most bytes a second to and from the server, as 200MB'],
  logFormat: ['--log-format <format>', 'text or json'],
} as const;

export type OverrideKey = keyof typeof overrides;

export const overrideKeys = Object.keys(overrides) as OverrideKey[];
const parsers: Partial<Record<OverrideKey, (text: string) => unknown>> = {
  settleSeconds: number,
  parallelCopies: (text) => (text === 'auto' ? text : number(text)),
};

export function addBaseOptions(command: Command): Command {
  return command
    .option('--json', 'one JSON object a line on standard output, everything else on standard error')
    .addOption(
      new Option('--log-level <level>', 'least severe level that is logged to standard error').choices(
        LOG_LEVELS,
      ),
    );
}

/** Options that overrule the configuration, by what they are for: help shows those that mean something to the command. */
const login = [
  ...(['targetUrl', 'keytabFilePath', 'gsiProxyPath', 'tokenFilePath', 'targetOpaqueFile'] as const),
];
const comparing = ['verify', 'checksumType'] as const;
const copying = ['parallelCopies', 'maxRate'] as const;
export const USES = {
  /** The cache's disk. */
  disk: ['cacheDirectory'],
  /** The catalogue, whose place follows from cache and target. */
  catalogue: ['cacheDirectory', 'targetUrl'],
  /** What the server has. */
  server: login,
  /** The same, compared with the cache. */
  both: ['cacheDirectory', ...login, ...comparing],
  /** From the server to elsewhere. */
  download: [...login, ...comparing, ...copying, 'logFormat'],
  staging: [...login, 'logFormat'],
  removal: [...login, ...comparing, 'settleSeconds', 'logFormat'],
  rebuild: ['cacheDirectory', ...login, 'maxRate', 'logFormat'],
} as const satisfies Record<string, readonly OverrideKey[]>;

/** @param uses what help shows; every command takes all of them, as a file has keys for every command. Default: all */
export function addConfigOptions(command: Command, uses: readonly OverrideKey[] = overrideKeys): Command {
  command.option(
    '-c, --config <file>',
    'configuration file (default: ./xrootd-archive.yaml, /etc/xrootd-archive/config.yaml)',
  );
  command.option('--no-config', 'read no configuration file');
  addBaseOptions(command);
  overrideOptions().forEach((option, index) => {
    const key = overrideKeys[index];
    if (key === undefined || !uses.includes(key)) option.hideHelp();
    command.addOption(option.helpGroup('Instead of what the configuration says:'));
  });
  return command;
}

export function addShardOption(command: Command): Command {
  const description = 'only the part of this process, i from 0, where n processes share the files: 0/4';
  return command.option('--shard <i/n>', description, shard);
}

/** For options that stand before the command: `xrootd-archive --config FILE backup`. */
export function addGlobalOptions(program: Command): Command {
  program
    .option('-c, --config <file>', 'configuration file')
    .addOption(new Option('--no-config', 'read no configuration file').hideHelp());
  addBaseOptions(program);
  for (const option of overrideOptions()) program.addOption(option.hideHelp());
  return program;
}

/** What options overrule, by the configuration's keys. */
export function overridesOf(options: ConfigOptions): Partial<ArchiveOptions> {
  const given = Object.fromEntries(
    [...overrideKeys, 'logLevel' as const]
      .map((key) => [key, options[key]])
      .filter(([, value]) => value !== undefined),
  ) as Record<string, unknown>;
  return given;
}

/** The options that overrule the configuration; each has its key as attribute. */
export function overrideOptions(): Option[] {
  return overrideKeys.map((key) => {
    const [flags, description] = overrides[key];
    const option = new Option(flags, description);
    // Store the value under the configuration's key, not under commander's name of the flag.
    option.attributeName = () => key;
    const parser = parsers[key];
    return parser === undefined ? option : option.argParser(parser);
  });
}

function number(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** `--cache` of `cacheDirectory`. */
export function flagOf(key: OverrideKey): string {
  return overrides[key][0].split(' ')[0] ?? key;
}
