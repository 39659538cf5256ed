/** A connection to one server, and how a request is sent on it: shared by all methods of FileSystem. */
import { addon, type NativeCallback, type NativeFileSystem } from '../addon/addon.js';
import { XRootDError, type ErrorContext } from './error.js';
import { cgiOf, checkServerUrl, serverOf, urlOf } from './location.js';
import { splitCgi, withOpaque, type Cgi } from './opaque.js';
import { request, timeoutOf, type RequestOptions } from './request.js';

/** How requests reach the server while the options are these. */
interface Way {
  text: string;
  cgi: Cgi;
  bare: NativeFileSystem;
  native: NativeFileSystem;
}

export class Connection {
  /** `root://host:port`, without path and options. */
  readonly server: string;
  readonly #cgi: () => string;
  #way: Way;

  /** @param cgi called before each request. Default: the options of the URL */
  constructor(url: string, cgi?: () => string) {
    this.server = serverOf(checkServerUrl(url));
    const constant = cgiOf(url);
    this.#cgi = cgi ?? (() => constant);
    this.#way = this.#wayBy(this.#cgi());
  }

  /** With the options that count now. */
  get url(): string {
    const cgi = this.#cgi();
    return cgi === '' ? this.server : `${this.server}//?${cgi}`;
  }

  /** The options that count now. */
  get cgi(): Cgi {
    return this.#current().cgi;
  }

  /** To be asked for anew before each request. */
  get native(): NativeFileSystem {
    return this.#current().native;
  }

  #current(): Way {
    const text = this.#cgi();
    if (text !== this.#way.text) this.#way = this.#wayBy(text, this.#way);
    return this.#way;
  }

  #wayBy(text: string, last?: Way): Way {
    const cgi = splitCgi(text);
    const { connection } = cgi;
    const bare =
      last?.cgi.connection === connection
        ? last.bare
        : new addon.FileSystem(connection === '' ? this.server : `${this.server}//?${connection}`);
    return { text, cgi, bare, native: withOpaque(bare, cgi.opaque) };
  }

  context(operation: string, path?: string): ErrorContext {
    return { operation, target: path === undefined ? this.server : urlOf(this.server, path) };
  }

  ask<T>(
    operation: string,
    path: string | undefined,
    options: RequestOptions | undefined,
    send: (native: NativeFileSystem, timeout: number, done: NativeCallback<T>) => number,
  ): Promise<T> {
    const context = this.context(operation, path);
    const timeout = timeoutOf(options);
    return request<T>(context, { signal: options?.signal, timeout }, (done) =>
      send(this.native, timeout, done),
    );
  }
}

/** The error for an answer that makes no sense. */
export function unreadable(context: ErrorContext, message: string): XRootDError {
  return XRootDError.of('InvalidResponse', message, context);
}

/** @throws {XRootDError} when libXrdCl gave no answer, and no error either */
export function required<T>(value: T | null, context: ErrorContext): T {
  if (value === null) throw unreadable(context, 'the server sent no answer that libXrdCl can read');
  return value;
}
