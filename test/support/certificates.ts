/** A certificate authority of our own, with certificates of hosts and of people, as openssl makes them. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  certificate: string;
  key: string;
}

export class Authority {
  /** For X509_CERT_DIR. */
  readonly directory: string;
  readonly #place: string;

  /** @param place an empty directory */
  constructor(place: string) {
    this.#place = place;
    this.directory = join(place, 'ca');
    // A server since 5.8 refuses a directory that a group can write to.
    mkdirSync(this.directory, { mode: 0o755 });
    const { certificate } = this.#selfSigned();
    const hash = openssl(['x509', '-noout', '-hash', '-in', certificate]).trim();
    copyFileSync(certificate, join(this.directory, `${hash}.0`));
    const policy = [
      "access_id_CA X509 '/O=test/CN=ca'",
      'pos_rights globus CA:sign',
      `cond_subjects globus '"/O=test/*"'`,
    ];
    writeFileSync(join(this.directory, `${hash}.signing_policy`), `${policy.join('\n')}\n`);
  }

  /** Of a server on this machine. */
  host(): Certificate {
    return this.#signed('host', '/O=test/CN=localhost', 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  }

  person(name: string): Certificate {
    return this.#signed(name, `/O=test/CN=${name}`, 'keyUsage=critical,digitalSignature,keyEncipherment');
  }

  #selfSigned(): Certificate {
    const made = this.#files('authority');
    openssl([
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/O=test/CN=ca'],
      ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', made.key, '-out', made.certificate],
    ]);
    return made;
  }

  #signed(name: string, subject: string, extension: string): Certificate {
    const made = this.#files(name);
    const authority = this.#files('authority');
    const request = join(this.#place, `${name}.csr`);
    const extensions = join(this.#place, `${name}.ext`);
    openssl(['req', '-newkey', 'rsa:2048', '-nodes', '-subj', subject, '-keyout', made.key, '-out', request]);
    writeFileSync(extensions, `${extension}\n`);
    openssl([
      ...[
        'x509',
        '-req',
        '-days',
        '2',
        '-in',
        request,
        '-CA',
        authority.certificate,
        '-CAkey',
        authority.key,
      ],
      ...['-CAcreateserial', '-extfile', extensions, '-out', made.certificate],
    ]);
    chmodSync(made.key, 0o400);
    return made;
  }

  #files(name: string): Certificate {
    return { certificate: join(this.#place, `${name}.pem`), key: join(this.#place, `${name}.key`) };
  }
}

/** An X.509 proxy of a person, for an hour. */
export function proxyOf({ certificate, key }: Certificate, authority: Authority, file: string): string {
  execFileSync(
    'xrdgsiproxy',
    [
      'init',
      '-cert',
      certificate,
      '-key',
      key,
      '-certdir',
      authority.directory,
      '-f',
      file,
      '-valid',
      '1:00',
    ],
    { stdio: 'pipe' },
  );
  chmodSync(file, 0o600);
  return file;
}

function openssl(args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
