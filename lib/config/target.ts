/** The target: a root URL with a base path. */
import { wireTextProblem } from './wire_text.js';

export interface Target {
  /** Normalised: `root://user@host:port//base`, without a slash at its end, unless the base is `/`. */
  readonly url: string;
  readonly protocol: 'root' | 'roots' | 'xroot' | 'xroots';
  readonly user?: string;
  /** As in a URL: an IPv6 address has its brackets. */
  readonly host: string;
  readonly port?: number;
  /** `root://user@host:port`, what a FileSystem is made of. */
  readonly endpoint: string;
  /** Absolute, without empty components and without a slash at its end: `/` or `/eos/archive`. */
  readonly base: string;
}

const PROTOCOLS = ['root', 'roots', 'xroot', 'xroots'] as const;
const PORT_MAX = 65535;

/**
 * Messages never repeat what stands before an `@` or after a `?`: it can be a secret.
 * @throws {Error} that says what is wrong
 */
export function parseTarget(text: string): Target {
  const split = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/]*)(.*)$/s.exec(text);
  if (split === null) throw new Error('must be a URL like root://server.example//base/path');
  const [, scheme = '', authority = '', rest = ''] = split;
  const protocol = PROTOCOLS.find((known) => known === scheme.toLowerCase());
  if (protocol === undefined)
    throw new Error(`has the protocol ${scheme}://, but only ${PROTOCOLS.join(', ')} reach an XRootD server`);
  if (/[?]/.test(authority + rest))
    throw new Error(
      'must not contain "?" (CGI): opaque information goes into target_opaque or, of a retention block, online_opaque',
    );
  const { user, host, port } = parseAuthority(authority);
  const base = parseBase(rest);
  const endpoint = `${protocol}://${user === undefined ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`;
  return {
    url: `${endpoint}/${base}`,
    protocol,
    host,
    endpoint,
    base,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
  };
}

function parseAuthority(authority: string): { user?: string; host: string; port?: number } {
  const at = authority.lastIndexOf('@');
  const user = at < 0 ? undefined : authority.slice(0, at);
  if (user?.includes(':')) throw new Error('must not contain a password');
  if (user !== undefined && !/^[\w.-]+$/.test(user)) throw new Error('has an empty or malformed user name');
  const split = /^(\[[0-9A-Fa-f:.%\w]+\]|[^:[\]]*)(?::(.*))?$/s.exec(authority.slice(at + 1));
  if (split === null) throw new Error('has a malformed host');
  const [, host = '', portText] = split;
  if (host === '') throw new Error('has no host');
  if (!host.startsWith('[') && !/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?$/.test(host))
    throw new Error('has a malformed host');
  if (portText === undefined) return { host, ...(user === undefined ? {} : { user }) };
  const port = /^[0-9]{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > PORT_MAX) throw new Error(`has a port that is not a number from 1 to ${PORT_MAX}`);
  return { host, port, ...(user === undefined ? {} : { user }) };
}

function parseBase(rest: string): string {
  const problem = wireTextProblem(rest);
  if (problem !== undefined) throw new Error(`has a base path that ${problem}`);
  const components = rest.split('/').filter((component) => component !== '');
  if (components.some((component) => component === '.' || component === '..'))
    throw new Error('has a base path with the component "." or ".."');
  return `/${components.join('/')}`;
}
