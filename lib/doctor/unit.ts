/** The systemd unit, where one is installed: does it fit this configuration? */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ArchiveConfig } from '../config/index.js';
import { isWithin } from '../config/mounts.js';
import { failed, ok, warning, type Finding } from './finding.js';
import { isKnownUser, userName, userNumber } from './users.js';

const NAME = 'xrootd-archive.service';
const PLACES = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];
const CHECK = 'systemd unit';
const EDIT =
  'systemctl edit --full xrootd-archive, then systemctl daemon-reload && systemctl restart xrootd-archive';

export interface Loaded {
  config: ArchiveConfig;
  /** The configuration file that was read. */
  file: string | undefined;
}

/** @param places where units are looked for */
export async function checkUnit(loaded: Loaded, places: readonly string[] = PLACES): Promise<Finding[]> {
  const file = places.map((place) => join(place, NAME)).find((each) => existsSync(each));
  if (file === undefined) return [ok(CHECK, `${NAME} is not installed; only the service needs it`)];
  const unit = parseUnit(withDropIns(file));
  const found = unitProblems(unit, loaded);
  const state = await stateOf();
  const findings = found.length > 0 ? found : [ok(CHECK, file)];
  if (state === 'failed')
    findings.push(failed('service', 'it has failed', 'journalctl -u xrootd-archive tells why'));
  else if (state !== undefined) findings.push(ok('service', state));
  return findings;
}

/** The values of each key, in their order; an empty value takes back those before it. */
export function parseUnit(text: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    const [, key, value] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    values.set(key, value === '' ? [] : [...(values.get(key) ?? []), value]);
  }
  return values;
}

/** What in the unit doesn't fit. */
export function unitProblems(unit: ReadonlyMap<string, string[]>, { config, file }: Loaded): Finding[] {
  const findings: Finding[] = [];
  const last = (key: string) => unit.get(key)?.at(-1);
  const [program = '', ...args] = (last('ExecStart') ?? '').replace(/^[-@:+!]+/, '').split(/\s+/);
  if (!existsSync(program)) {
    const told = `ExecStart names ${program === '' ? 'nothing' : program}, which is not there`;
    findings.push(
      failed(CHECK, told, `name the command where npm has put it (command -v xrootd-archive): ${EDIT}`),
    );
  }
  const named = args[args.findIndex((word) => word === '--config' || word === '-c') + 1];
  if (args.some((word) => word === '--config' || word === '-c') && file !== undefined && named !== file)
    findings.push(
      warning(
        CHECK,
        `the service reads ${String(named)}, and this looked at ${file}`,
        `--config ${String(named)}`,
      ),
    );
  const user = last('User');
  if (user === undefined)
    findings.push(
      warning(CHECK, 'without User= the service runs as root', `give it a user of its own: ${EDIT}`),
    );
  else if (!isKnownUser(user) && !/^\d+$/.test(user))
    findings.push(
      warning(
        CHECK,
        `User=${user} is not in /etc/passwd`,
        `useradd --system --shell /usr/sbin/nologin ${user}`,
      ),
    );
  return [...findings, ...unwritable(unit, config), ...unreadable(user, config)];
}

/** With ProtectSystem=strict the service may write only where the unit says so. */
function unwritable(unit: ReadonlyMap<string, string[]>, config: ArchiveConfig): Finding[] {
  if (unit.get('ProtectSystem')?.at(-1) !== 'strict') return [];
  const words = (key: string) => (unit.get(key) ?? []).flatMap((value) => value.split(/\s+/));
  const writable = [
    ...words('ReadWritePaths').map((place) => place.replace(/^[-+]+/, '')),
    ...words('RuntimeDirectory').map((name) => join('/run', name)),
    ...words('StateDirectory').map((name) => join('/var/lib', name)),
  ];
  const places: [key: string, place: string | undefined][] = [
    ['cache_directory', config.cacheDirectory],
    ['catalogue_path', config.cataloguePath && dirname(config.cataloguePath)],
    ['worker_file_path', config.workerFilePath && dirname(config.workerFilePath)],
    ['online_directory', config.retention?.onlineDirectory],
  ];
  return places.flatMap(([key, place]) =>
    place === undefined || writable.some((each) => isWithin(place, each))
      ? []
      : [
          failed(
            CHECK,
            `the service may not write to ${place} (${key})`,
            `add ${place} to ReadWritePaths: ${EDIT}`,
          ),
        ],
  );
}

/** Files with secrets are their owner's alone. */
function unreadable(user: string | undefined, config: ArchiveConfig): Finding[] {
  const uid = user === undefined ? 0 : userNumber(user);
  if (uid === undefined || uid === 0) return [];
  const { keytabFilePath, gsiProxyPath, tokenFilePath } = config;
  return [keytabFilePath, gsiProxyPath, tokenFilePath].flatMap((file) => {
    if (file === undefined || !existsSync(file)) return [];
    const owner = statSync(file).uid;
    return owner === uid
      ? []
      : [
          failed(
            CHECK,
            `${file} belongs to ${userName(owner)}, and the service runs as ${String(user)}`,
            `chown ${String(user)} ${file}`,
          ),
        ];
  });
}

function withDropIns(file: string): string {
  const directory = `${file}.d`;
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  const dropIns = names.filter((name) => name.endsWith('.conf')).map((name) => join(directory, name));
  return [file, ...dropIns].map((each) => readFileSync(each, 'utf8')).join('\n');
}

/** @returns `active`, `inactive`, `failed`, …; undefined where systemd doesn't run */
async function stateOf(): Promise<string | undefined> {
  if (!existsSync('/run/systemd/system')) return undefined;
  try {
    return (await promisify(execFile)('systemctl', ['is-active', NAME], { timeout: 10_000 })).stdout.trim();
  } catch (error) {
    // Its exit code says whether it is active; the word is there all the same.
    const { stdout } = error as { stdout?: string };
    return stdout === undefined || stdout.trim() === '' ? undefined : stdout.trim();
  }
}
