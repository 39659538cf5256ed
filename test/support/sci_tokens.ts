/** Tokens, and what a server needs that checks them by XRootD's SciTokens plug-in (Debian's xrootd-scitokens-plugins). */
import { execFileSync } from 'node:child_process';
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const issuer = 'https://tokens.test';

/** Where the plug-in is; `XROOTD_TEST_PLUGINS` names one more directory. Undefined: it isn't installed. */
export function pluginDirectory(): string | undefined {
  const own = process.env['XROOTD_TEST_PLUGINS'];
  const places = ['/usr/lib', '/usr/lib64', '/usr/local/lib']
    .filter((place) => existsSync(place))
    .flatMap((place) => [place, ...readdirSync(place).map((name) => join(place, name))]);
  return [...(own === undefined ? [] : [own]), ...places].find((place) => {
    try {
      return readdirSync(place).some((name) => /^libXrdAccSciTokens-\d+\.so$/.test(name));
    } catch {
      return false;
    }
  });
}

/** An issuer that nobody has to ask: its key lies in the cache of the library that checks tokens. */
export class Issuer {
  readonly #key: KeyObject;
  readonly #public: KeyObject;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#key = privateKey;
    this.#public = publicKey;
  }

  /** @param seconds until it expires */
  token(subject: string, seconds: number, path = '/'): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...{ iss: issuer, sub: subject, jti: `${subject}-${now}`, iat: now, nbf: now, exp: now + seconds },
      scope: `read:${path} write:${path}`,
    };
    const text = [{ alg: 'RS256', typ: 'JWT', kid: 'test' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${text}.${createSign('sha256').update(text).sign(this.#key).toString('base64url')}`;
  }

  /**
   * Writes what the server needs.
   * @param directory that the server can read, too
   * @returns lines of its configuration, and its environment
   */
  server(directory: string, plugins: string): { config: string[]; env: Record<string, string> } {
    const cache = join(directory, 'cache', 'scitokens');
    mkdirSync(cache, { recursive: true });
    const keys = [{ ...this.#public.export({ format: 'jwk' }), kid: 'test', alg: 'RS256', use: 'sig' }];
    const expires = Math.floor(Date.now() / 1000) + 86_400;
    const entry = JSON.stringify({ jwks: { keys }, expires, next_update: expires });
    execFileSync('python3', ['-c', makeCache, join(cache, 'scitokens_cpp.sqllite'), issuer, entry]);
    const config = join(directory, 'scitokens.cfg');
    writeFileSync(
      config,
      `[Global]\nonmissing = deny\n\n[Issuer test]\nissuer = ${issuer}\nbase_path = /\nmap_subject = true\n`,
    );
    return {
      config: [
        'ofs.authorize 1',
        `ofs.authlib libXrdAccSciTokens.so config=${config}`,
        'scitokens.trace all',
      ],
      env: { LD_LIBRARY_PATH: plugins, XDG_CACHE_HOME: join(directory, 'cache') },
    };
  }
}

const makeCache = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute('CREATE TABLE keycache (issuer text UNIQUE PRIMARY KEY NOT NULL, keys text NOT NULL)')
db.execute('INSERT INTO keycache VALUES (?, ?)', sys.argv[2:4])
db.commit()`;
