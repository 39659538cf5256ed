import { authorizes } from './authorizations.js';
import type { Layout } from './layout.js';
import type { ResolvedOptions } from './options.js';

export interface ServerVersion {
  major: number;
  minor: number;
}

/**
 * xrootd's configuration. Facts from XRootD's sources (5.5.3, 6.1.0):
 * - GPI loses prepare requests when more than `-maxreq` programs run and another waits (XrdOfsPrepGPI.cc, Xeq),
 *   hence 64, its maximum; the robot answers each at once.
 * - `-maxresp` exists from 5.6.0 on; before, the answer to a query is cut at about 2 KB.
 * - `ofs.notify`'s target is one word with its `>`.
 */
export function serverConfig(
  layout: Layout,
  options: ResolvedOptions,
  version: ServerVersion,
  port: number | undefined,
): string {
  const lines = [
    `all.adminpath ${layout.admin}`,
    `all.pidpath ${layout.admin}`,
    `all.export ${options.basePath}`,
    `oss.localroot ${layout.disk}`,
    'xrd.network nodnr',
    `xrootd.chksum max ${String(options.maxChecksums)} adler32 crc32c`,
  ];
  // Without a socket handed over xrootd binds all addresses: let nobody else in.
  if (port !== undefined) lines.push('xrd.allow host 127.0.0.1', 'xrd.allow host localhost');
  if (options.tapeFlags) lines.push(...tapeLines(layout, options, version));
  if (options.sss) {
    lines.push(
      'xrootd.seclib libXrdSec.so',
      `sec.protocol sss -s ${layout.serverKeytab}`,
      'sec.protbind * only sss',
    );
  }
  if (authorizes(options)) lines.push('ofs.authorize 1', `acc.authdb ${layout.authorizations}`);
  return [...lines, ...options.extraConfig, ''].join('\n');
}

function tapeLines(layout: Layout, options: ResolvedOptions, version: ServerVersion): string[] {
  const longAnswers = version.major > 5 || version.minor >= 6 ? ' -maxresp 4m' : '';
  const lines = [
    `ofs.osslib ++ ${layout.programs}/tape_plugin.so ${pluginParameters(layout, options).join(' ')}`,
    'ofs.preplib libXrdOfsPrepGPI.so -admit all -maxreq 64 -maxquery 64' +
      `${longAnswers} -maxfiles ${String(options.maxPrepareFiles)} -run ${layout.programs}/tape_prepare`,
  ];
  if (options.maxStageRequests !== undefined)
    lines.push(`ofs.preplib ++ ${layout.programs}/tape_plugin.so ${layout.robotSocket}`);
  if (options.migrationDelay !== undefined) {
    lines.push(
      'ofs.notifymsg mv $TID mv $LFN2',
      `ofs.notify msgs 200000 1000 openw closew mv >${layout.events}`,
    );
  }
  return lines;
}

/** As native/sandbox/tape_rules.h reads them. */
function pluginParameters(layout: Layout, options: ResolvedOptions): string[] {
  const { bufferSize, eosNames, refuseEmpty, backUpFlag, writeOnce, failCommit } = options;
  return [
    layout.tape,
    ...(bufferSize === undefined ? [] : [`ledger=${layout.ledger}`, `limit=${String(bufferSize)}`]),
    ...(eosNames ? ['names=eos'] : []),
    ...(refuseEmpty ? ['empty=refused'] : []),
    ...(backUpFlag ? [] : ['backup=untold']),
    ...writeOnce.map((directory) => `once=${directory}`),
    ...(failCommit === undefined ? [] : [`robot=${layout.robotSocket}`]),
  ];
}
