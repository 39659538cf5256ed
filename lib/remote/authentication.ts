/**
 * How libXrdCl logs in for an archive. The answer is options of its URLs (`xrd.`, `xrdcl.`), so that each archive has
 * connections of its own:
 *
 * - Connections are shared by URLs of the same user, host, port, `xrdcl.intent`, `xrd.gsiusrpxy` (XrdCl::URL::GetChannelId).
 *   libXrdCl doesn't send `xrdcl.` options to servers.
 * - `xrd.wantprot` goes before the variable XrdSecPROTOCOL (XrdSecPManager::Get).
 * - SSS reads one keytab in a process, when its plug-in is loaded (XrdSecProtocolsss::Load_Client).
 * - ztn reads the token's file at each new connection, by a variable (XrdSecProtocolztn::findToken); `xrd.ztn` (5.6.9)
 *   counts only where none of its usual places has a token.
 * - GSI takes `xrd.gsiusrpxy` for the connection since 5.7.3. Before, it sets what counts for the process
 *   (XrdSecProtocolgsi::getCredentials): right as long as one thread makes all logins.
 */
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { ConfigError } from '../config/errors.js';
import type { ArchiveConfig } from '../config/index.js';
import { tokenProblem } from '../config/token.js';
import { isBefore, parseVersion } from '../rules/version.js';
import { environment } from '../xrdcl/index.js';
import { FollowedFile } from './followed_file.js';

export type LoginConfig = Pick<
  ArchiveConfig,
  'keytabFilePath' | 'gsiProxyPath' | 'tokenFilePath' | 'tokenUse'
>;

/** Protocols of XRootD's own plug-ins. */
const PROTOCOLS = ['sss', 'gsi', 'krb5', 'ztn', 'pwd', 'unix', 'host'];

/** What options have fixed for this process: archives without a login of their own don't use it. */
interface Taken {
  keytab?: { file: string; ofShell: boolean; protocolsOfShell: string | undefined };
  token?: { file: string; ofShell: boolean; followed: FollowedFile };
  proxy?: string;
}

const taken: Taken = {};

/**
 * Without keytab, proxy and token the XRootD variables (`XrdSecPROTOCOL`, `X509_USER_PROXY`, `BEARER_TOKEN`, …) decide.
 * @returns what gives the options of the archive's URLs, for each request anew
 * @throws {ConfigError} when libXrdCl would show another archive's credentials instead
 */
export function useLogin({
  keytabFilePath,
  gsiProxyPath,
  tokenFilePath,
  tokenUse,
}: LoginConfig): () => string {
  if (keytabFilePath !== undefined) return useKeytab(keytabFilePath);
  if (gsiProxyPath !== undefined) return useProxy(gsiProxyPath);
  if (tokenFilePath !== undefined && tokenUse !== 'requests') return useToken(tokenFilePath);
  return byVariables;
}

function useKeytab(file: string): () => string {
  const own = () => 'xrdcl.intent=keytab';
  if (taken.keytab?.file === file) return own;
  const refuse = refusal('keytabFilePath');
  if (taken.keytab !== undefined)
    refuse(`this process already uses ${taken.keytab.file}, and libXrdCl reads only one keytab in a process`);
  if (!isMainThread)
    refuse("a worker thread can't set it: set XrdSecPROTOCOL=sss and XrdSecSSSKT for the whole process");
  const ofShell = process.env['XrdSecSSSKT'] === file;
  if (!ofShell && isLoaded('libXrdSecsss'))
    refuse(
      'this process has already logged in by SSS without it, and libXrdCl reads only one keytab in a process: ' +
        'the archive with keytabFilePath must be used first',
    );
  taken.keytab = { file, ofShell, protocolsOfShell: process.env['XrdSecPROTOCOL'] };
  process.env['XrdSecPROTOCOL'] = 'sss';
  process.env['XrdSecSSSKT'] = file;
  return own;
}

function useProxy(proxy: string): () => string {
  if (taken.proxy !== undefined && taken.proxy !== proxy && !keepsProxiesApart() && !hasOneLoginThread())
    refusal('gsiProxyPath')(
      `this process already uses ${taken.proxy}, and libXrdCl before 5.7.3 would mix them up: set XRD_PARALLELEVTLOOP=1`,
    );
  taken.proxy = proxy;
  return () => `xrd.wantprot=gsi&xrd.gsiusrpxy=${proxy}`;
}

function useToken(file: string): () => string {
  const refuse = refusal('tokenFilePath');
  if (taken.token !== undefined && taken.token.file !== file)
    refuse(`this process already logs in with ${taken.token.file}, and libXrdCl has one token in a process`);
  if (taken.token === undefined) {
    if (!isMainThread) refuse("a worker thread can't set it: set BEARER_TOKEN_FILE for the whole process");
    if ((process.env['BEARER_TOKEN'] ?? '') !== '')
      refuse('libXrdCl would show the token of the variable BEARER_TOKEN instead: unset it');
    const ofShell = process.env['BEARER_TOKEN_FILE'] === file;
    taken.token = { file, ofShell, followed: new FollowedFile(file, tokenProblem) };
    process.env['BEARER_TOKEN_FILE'] = file;
  }
  // A connection logs in once. Servers that look at the token again at each request would find it expired. All stores of the
  // process have one count: a new one that began at 1 would get the connection that logged in with the first token.
  const { followed } = taken.token;
  return () => `xrdcl.intent=token${followed.version}&xrd.wantprot=ztn`;
}

/** For an archive without a login of its own: as the shell says, but never with what another archive has brought. */
function byVariables(): string {
  const { keytab, token, proxy } = taken;
  const others = [
    ...(keytab === undefined || keytab.ofShell ? [] : ['sss']),
    ...(token === undefined || token.ofShell ? [] : ['ztn']),
    ...(proxy === undefined || keepsProxiesApart() ? [] : ['gsi']),
  ];
  if (keytab === undefined && others.length === 0) return '';
  const ofShell = keytab === undefined ? process.env['XrdSecPROTOCOL'] : keytab.protocolsOfShell;
  const wanted = ofShell?.split(',').map((each) => each.trim()) ?? PROTOCOLS;
  const left = wanted.filter((protocol) => !others.includes(protocol));
  return `xrdcl.intent=variables&xrd.wantprot=${left.length === 0 ? 'none' : left.join(',')}`;
}

function refusal(key: keyof LoginConfig): (message: string) => never {
  return (message) => {
    throw new ConfigError([{ key, message }]);
  };
}

/** Has libXrdCl loaded this plug-in? */
function isLoaded(library: string): boolean {
  try {
    return readFileSync('/proc/self/maps', 'utf8').includes(library);
  } catch {
    // No Linux: then nobody can know.
    return false;
  }
}

function keepsProxiesApart(): boolean {
  const version = parseVersion(environment.clientVersion);
  return version !== undefined && !isBefore(version, [5, 7, 3]);
}

function hasOneLoginThread(): boolean {
  return environment.get('ParallelEvtLoop') === 1;
}
