/**
 * Options of a URL: CGI, which XRootD calls opaque information. Those for the server go with the path of each request, and
 * no request may miss them: a token, for one, must be shown each time. So they are added in one place, for all requests of
 * `NativeFileSystem`; a new one doesn't compile until it is here. Whatever opens files gets them in its URL.
 */
import { addon, type NativeFileSystem } from '../addon/addon.js';
import { cgiOf, withoutCgi } from './location.js';
import { prepareFlags, queryCodes } from './request_codes.js';
import { addSecrets } from './secrets.js';

export interface Cgi {
  /** For the server, with each request; `` for none. */
  opaque: string;
  /** For libXrdCl: which connection, and how it logs in (`xrd.`, `xrdcl.`). libXrdCl takes these only from a URL. */
  connection: string;
}

export function splitCgi(cgi: string): Cgi {
  const options = cgi.split('&').filter((option) => option !== '');
  const isOfConnection = (option: string) => /^xrd(cl)?\./.test(option);
  return {
    opaque: options.filter((option) => !isOfConnection(option)).join('&'),
    connection: options.filter(isOfConnection).join('&'),
  };
}

/** A URL with the connection options of another one: the same login. */
export function withLoginOf(other: string, url: string): string {
  const { connection } = splitCgi(cgiOf(other));
  const options = [cgiOf(url), connection].filter((part) => part !== '').join('&');
  return options === '' ? url : `${withoutCgi(url)}?${options}`;
}

/** The same options for a connection of its own, which others with these options don't use. */
export function onOwnConnection(cgi: string, name: string): string {
  const options = cgi.split('&').filter((option) => option !== '');
  // URLs with different values of this option get different connections (XrdCl::URL::GetChannelId).
  const isIntent = (option: string) => option.startsWith('xrdcl.intent=');
  const intent = options.find(isIntent) ?? 'xrdcl.intent=';
  return [`${intent}${name}`, ...options.filter((option) => !isIntent(option))].join('&');
}

/** From now on no error and no log shows the values of these options, that of libXrdCl included. */
export function hideOpaque(cgi: string): void {
  const added = addSecrets(splitCgi(cgi).opaque);
  if (added.length === 0) return;
  addon.hideInLog(
    added.map(({ text }) => text),
    added.map(({ shown }) => shown),
  );
}

/** The same requests, each with this opaque information. */
export function withOpaque(native: NativeFileSystem, opaque: string): NativeFileSystem {
  if (opaque === '') return native;
  hideOpaque(opaque);
  const at = (path: string) => `${path}${path.includes('?') ? '&' : '?'}${opaque}`;
  const all = (paths: readonly string[]) => paths.map(at);
  const argument = (code: number, text: string): string => {
    switch (code) {
      case queryCodes.prepare: {
        const [id = '', ...paths] = text.split('\n');
        return [id, ...all(paths)].join('\n');
      }
      case queryCodes.checksum:
      case queryCodes.space:
        return at(text);
      // It is about the server, and has no path.
      case queryCodes.config:
        return text;
      default:
        throw new Error(`where does query ${code} have its path?`);
    }
  };
  return {
    stat: (path, ...rest) => native.stat(at(path), ...rest),
    statMany: (paths, ...rest) => native.statMany(all(paths), ...rest),
    statVfs: (path, ...rest) => native.statVfs(at(path), ...rest),
    dirList: (path, ...rest) => native.dirList(at(path), ...rest),
    dirStats: (path, ...rest) => native.dirStats(at(path), ...rest),
    mkdir: (path, ...rest) => native.mkdir(at(path), ...rest),
    rm: (path, ...rest) => native.rm(at(path), ...rest),
    rmdir: (path, ...rest) => native.rmdir(at(path), ...rest),
    mv: (from, to, ...rest) => native.mv(at(from), at(to), ...rest),
    truncate: (path, ...rest) => native.truncate(at(path), ...rest),
    chmod: (path, ...rest) => native.chmod(at(path), ...rest),
    // `*` is no path: it asks for all data servers.
    locate: (path, ...rest) => native.locate(path === '*' ? path : at(path), ...rest),
    protocol: (...rest) => native.protocol(...rest),
    prepare: (paths, flags, ...rest) => {
      // The first one of a cancel is the request's id.
      const ids = flags === prepareFlags.cancel ? 1 : 0;
      return native.prepare([...paths.slice(0, ids), ...all(paths.slice(ids))], flags, ...rest);
    },
    query: (code, text, ...rest) => native.query(code, argument(code, text), ...rest),
    ping: (...rest) => native.ping(...rest),
    setXAttr: (path, ...rest) => native.setXAttr(at(path), ...rest),
    getXAttr: (path, ...rest) => native.getXAttr(at(path), ...rest),
    delXAttr: (path, ...rest) => native.delXAttr(at(path), ...rest),
    listXAttr: (path, ...rest) => native.listXAttr(at(path), ...rest),
  };
}
