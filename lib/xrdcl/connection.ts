/** A connection to one server, and how a request is sent on it: shared by all methods of FileSystem. */
import { addon, type NativeCallback, type NativeFileSystem } from '../addon/addon.js';
import { XRootDError, type ErrorContext } from './error.js';
import { checkServerUrl, serverOf, urlOf } from './location.js';
import { request, timeoutOf, type RequestOptions } from './request.js';

export class Connection {
  /** `root://host:port`, without the path. */
  readonly url: string;
  readonly native: NativeFileSystem;

  constructor(url: string) {
    this.url = serverOf(checkServerUrl(url));
    this.native = new addon.FileSystem(this.url);
  }

  context(operation: string, path?: string): ErrorContext {
    return { operation, target: path === undefined ? this.url : urlOf(this.url, path) };
  }

  ask<T>(
    operation: string,
    path: string | undefined,
    options: RequestOptions | undefined,
    send: (native: NativeFileSystem, timeout: number, done: NativeCallback<T>) => number,
  ): Promise<T> {
    const context = this.context(operation, path);
    const timeout = timeoutOf(options);
    return request<T>(context, options?.signal, (done) => send(this.native, timeout, done));
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
