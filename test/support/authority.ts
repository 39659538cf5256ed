/** Certificates of our own, made by openssl: of an authority, and of a host. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { giveToDaemon } from './daemon.js';

export class Authority {
  /** Has its certificate under its hash, as `X509_CERT_DIR` wants it. */
  readonly certificates: string;
  readonly #directory: string;

  /** @param directory where it puts its files; servers must be able to read there */
  constructor(directory: string) {
    this.#directory = directory;
    this.certificates = join(directory, 'certificates');
    mkdirSync(this.certificates, { recursive: true });
    chmodSync(directory, 0o755);
    const [key, certificate] = [this.#file('ca.key'), this.#file('ca.pem')];
    const extension = ['-addext', 'basicConstraints=critical,CA:TRUE'];
    openssl(
      'req',
      '-x509',
      ...fresh(key),
      '-out',
      certificate,
      '-days',
      '3',
      '-subj',
      '/CN=authority',
      ...extension,
    );
    const hash = openssl('x509', '-hash', '-noout', '-in', certificate).trim();
    renameSync(certificate, join(this.certificates, `${hash}.0`));
    this.#certificate = join(this.certificates, `${hash}.0`);
  }

  readonly #certificate: string;

  /** Lines of an xrootd's configuration: it speaks TLS only. */
  serverConfig(): string[] {
    const [key, request, certificate] = ['host.key', 'host.csr', 'host.pem'].map((name) => this.#file(name));
    if (key === undefined || request === undefined || certificate === undefined) throw new RangeError();
    openssl('req', ...fresh(key), '-out', request, '-subj', '/CN=localhost');
    writeFileSync(this.#file('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    const by = ['-CA', this.#certificate, '-CAkey', this.#file('ca.key'), '-CAcreateserial'];
    openssl(
      'x509',
      '-req',
      '-in',
      request,
      ...by,
      '-days',
      '3',
      '-extfile',
      this.#file('names'),
      '-out',
      certificate,
    );
    giveToDaemon(key);
    return [`xrd.tls ${certificate} ${key}`, `xrd.tlsca certdir ${this.certificates}`, 'xrootd.tls all'];
  }

  #file(name: string): string {
    return join(this.#directory, name);
  }
}

function fresh(key: string): string[] {
  return ['-newkey', 'rsa:2048', '-nodes', '-keyout', key];
}

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
