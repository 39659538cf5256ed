/** The text of a new configuration file: what was chosen, and beside it the keys that people set next, each with its default. */
import { stringify } from 'yaml';

/** What a new file says, by its keys. */
export type Chosen = Readonly<Record<string, string | number | boolean>>;

interface Line {
  key: string;
  /** Shown behind a `#` where nothing was chosen; what holds without the key, or an example. */
  otherwise: string;
}

type Section = [comment: string, ...lines: Line[]];

const line = (key: string, otherwise: string): Line => ({ key, otherwise });

const SECTIONS: readonly Section[] = [
  ['The cache: the directory that ingest writes to.', line('cache_directory', '/data/cache')],
  [
    'The target. The path of a record there is this path and its path in the cache.',
    line('target_url', 'root://archive.example.org//tape/facility'),
  ],
  [
    'When a local file goes: never; cached, as soon as an identical copy is on the server; backed_up, once that is on tape.',
    line('auto_remove', 'backed_up'),
  ],
  ['How long a record stays local although its copy is verified.', line('keep_local', '7d')],
  [
    "How we log in: SSS keytab, X.509 proxy or token (each mode 600). Without one, XRootD's own variables count.",
    line('keytab_file_path', '/etc/xrootd-archive/sss.keytab'),
    line('gsi_proxy_path', '/run/xrootd-archive/proxy.pem'),
    line('token_file_path', '/run/xrootd-archive/token'),
    line('target_opaque_file', '/etc/xrootd-archive/opaque'),
  ],
  [
    'When the service ("xrootd-archive run") begins passes, and in which time zone.',
    line('copy_cron_string', "'0 * * * *'"),
    line('timezone_str', 'Europe/London'),
  ],
  [
    'How copies are compared: auto, checksum, read, size. The server must have the type of checksum.',
    line('verify', 'auto'),
    line('checksum_type', 'adler32'),
  ],
  ['A file that changed more recently is left for the next pass.', line('settle_seconds', '10')],
  [
    'Copies at once, and most bytes a second to and from the server, all copies together.',
    line('parallel_copies', 'auto'),
    line('max_rate', '200MB'),
  ],
  [
    "Warnings: from this per cent of the cache's disk, and of records that are not on tape at this age.",
    line('warning_mark_percent', '50'),
    line('max_age_warning', '3d'),
  ],
  [
    'What is said, and how: error, warn, info, debug; text or json.',
    line('log_level', 'info'),
    line('log_format', 'text'),
  ],
];

const BLOCKS = `  # Who is told of trouble.
  # mail:
  #   host: mail.example.org
  #   from_addr: archive@example.org
  #   to_addrs: [operators@example.org]

  # Metrics, health and the status page of the service.
  # http:
  #   port: 9750
`;

const HEAD = `# xrootd-archive. Every key, with its range: docs/configuration.md of the package.
# Lines that begin with "# " and a key show its default, or an example where it has none.
# After a change: xrootd-archive doctor --config FILE
backup:
`;

/** @throws {RangeError} for a key that the file has no place for */
export function fileText(chosen: Chosen): string {
  const known = new Set(SECTIONS.flatMap(([, ...lines]) => lines.map(({ key }) => key)));
  const stray = Object.keys(chosen).find((key) => !known.has(key));
  if (stray !== undefined) throw new RangeError(`a new file has no place for ${stray}`);
  const sections = SECTIONS.map(([comment, ...lines]) =>
    [
      `  # ${comment}`,
      ...lines.map(({ key, otherwise }) => {
        const value = chosen[key];
        return value === undefined
          ? `  # ${key}: ${otherwise}`
          : `  ${stringify({ [key]: value }).trimEnd()}`;
      }),
      '',
    ].join('\n'),
  );
  return `${HEAD}${sections.join('\n')}\n${BLOCKS}`;
}
