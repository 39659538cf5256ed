/**
 * Names of files, checked before libXrdCl sees them. It reads `?` as the start of options, `d/x` as host `d`, and cuts
 * at a NUL; what it would misread is refused here, with words, instead of copying another file.
 */

/** Schemes that libXrdCl's own protocol serves. */
const remoteUrl =
  /^(?:xroots?|roots?):\/\/(?:[^/@?#\s]+@)?(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?(?:\/|$)/;

/** Control characters: a newline separates paths in requests, NUL ends them. */
// eslint-disable-next-line no-control-regex
const control = /[\u0000-\u001f\u007f]/;

/** Whether it is the URL of an XRootD server: `root://`, `roots://`, `xroot://` or `xroots://` with a host. */
export function isRemoteUrl(location: string): boolean {
  return remoteUrl.test(location);
}

function refuse(what: string, text: string, why: string): never {
  throw new TypeError(`${what} ${JSON.stringify(text)} ${why}`);
}

/**
 * A server's URL, `root://[user@]host[:port]`, path allowed.
 * @throws TypeError when it isn't one.
 */
export function checkServerUrl(url: string): string {
  if (!isRemoteUrl(url))
    refuse('URL', url, 'is not a root://, roots://, xroot:// or xroots:// URL with a host');
  if (control.test(url)) refuse('URL', url, 'has a control character');
  return url;
}

/**
 * A path on a server.
 * @throws TypeError when XRootD would read it as something else.
 */
export function checkRemotePath(path: string): string {
  if (!path.startsWith('/')) refuse('path', path, 'must start with a slash');
  if (path.includes('?'))
    refuse('path', path, 'has a question mark, which XRootD reads as the start of options');
  if (control.test(path)) refuse('path', path, 'has a control character, which XRootD cannot carry');
  return path;
}

/**
 * One end of a copy: a URL of a server with a path, or an absolute local path (or `file://` URL of one).
 * @throws TypeError when libXrdCl would read it as something else.
 */
export function checkEndpoint(what: 'source' | 'target', location: string): string {
  if (control.test(location)) refuse(what, location, 'has a control character, which XRootD cannot carry');
  if (isRemoteUrl(location)) {
    const path = pathOf(location);
    if (!path.startsWith('/')) {
      refuse(
        what,
        location,
        'has no absolute path: two slashes must follow the host, as in root://host//path',
      );
    }
    return location;
  }
  const path = location.startsWith('file:///') ? location.slice('file://'.length) : location;
  if (!path.startsWith('/')) {
    refuse(
      what,
      location,
      'is neither a root:// URL nor an absolute path; a relative path would be read as a host',
    );
  }
  if (path.includes('?')) {
    refuse(
      what,
      location,
      'has a question mark, which libXrdCl reads as the start of options: another file would be copied',
    );
  }
  return path;
}

/** The path in a server's URL, without options: `/a/b` of `root://host//a/b?x=1`, `` when there is none. */
export function pathOf(url: string): string {
  const afterHost = url.indexOf('/', url.indexOf('://') + 3);
  if (afterHost === -1) return '';
  const end = url.indexOf('?', afterHost);
  return url.slice(afterHost + 1, end === -1 ? undefined : end);
}

/** The server in a URL: `root://user@host:port`. */
export function serverOf(url: string): string {
  const afterHost = url.indexOf('/', url.indexOf('://') + 3);
  return afterHost === -1 ? withoutCgi(url) : url.slice(0, afterHost);
}

/** The options (CGI, opaque information) of a server's URL, without the question mark; `` when there are none. */
export function cgiOf(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}

/** The URL as people may see it: its options can be secret. */
export function withoutCgi(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? url : url.slice(0, start);
}

/**
 * The URL of a path on a server, ready for a copy.
 * @param server its URL; options in it, `root://host//?authz=x`, go with the path
 * @throws TypeError when the path can't be carried.
 */
export function urlOf(server: string, path: string): string {
  const cgi = cgiOf(server);
  return `${serverOf(server)}/${checkRemotePath(path)}${cgi === '' ? '' : `?${cgi}`}`;
}

/** The URL of another server of the same cluster: by the same protocol, and as the same user. @param address `host:port` */
export function serverAt(url: string, address: string): string {
  return checkServerUrl(serverOf(url).replace(/(?<=:\/\/(?:[^@]*@)?)[^@]*$/, address));
}
