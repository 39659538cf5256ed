/** Extended attributes of a file on a server. */
import type { NativeCallback, NativeFileSystem, NativeXAttr } from '../addon/addon.js';
import { required, type Connection } from './connection.js';
import { XRootDError } from './error.js';
import type { RequestOptions } from './request.js';

/** As FileSystem.setXAttr(). */
export async function setXAttr(
  connection: Connection,
  path: string,
  name: string,
  value: Uint8Array,
  options: RequestOptions | undefined,
): Promise<void> {
  checkNoNul('name', name);
  checkNoNul('value', value);
  await xattr(connection, 'setxattr', path, options, (native, timeout, done) =>
    native.setXAttr(path, name, Buffer.from(value), timeout, done),
  );
}

/** As FileSystem.getXAttr(). */
export async function getXAttr(
  connection: Connection,
  path: string,
  name: string,
  options: RequestOptions | undefined,
): Promise<Buffer> {
  checkNoNul('name', name);
  const results = await xattr(connection, 'getxattr', path, options, (native, timeout, done) =>
    native.getXAttr(path, [name], timeout, done),
  );
  return required(results[0]?.value ?? null, connection.context('getxattr', path));
}

/** As FileSystem.delXAttr(). */
export async function delXAttr(
  connection: Connection,
  path: string,
  name: string,
  options: RequestOptions | undefined,
): Promise<void> {
  checkNoNul('name', name);
  await xattr(connection, 'delxattr', path, options, (native, timeout, done) =>
    native.delXAttr(path, [name], timeout, done),
  );
}

/** As FileSystem.listXAttr(). */
export async function listXAttr(
  connection: Connection,
  path: string,
  options: RequestOptions | undefined,
): Promise<Map<string, Buffer>> {
  const results = await xattr(connection, 'listxattr', path, options, (native, timeout, done) =>
    native.listXAttr(path, timeout, done),
  );
  return new Map(results.map(({ name, value }) => [name, value ?? Buffer.alloc(0)]));
}

async function xattr(
  connection: Connection,
  operation: string,
  path: string,
  options: RequestOptions | undefined,
  send: (native: NativeFileSystem, timeout: number, done: NativeCallback<NativeXAttr[]>) => number,
): Promise<NativeXAttr[]> {
  const results = await connection.ask<NativeXAttr[]>(operation, path, options, send);
  const failed = results.find(({ error }) => error !== undefined);
  if (failed?.error !== undefined) throw new XRootDError(failed.error, connection.context(operation, path));
  return results;
}

/** libXrdCl cuts at a NUL, and the server then can't read the rest. */
function checkNoNul(what: string, data: string | Uint8Array): void {
  if (typeof data === 'string' ? data === '' || data.includes('\0') : data.includes(0)) {
    throw new TypeError(`${what} of an extended attribute must have no NUL, and a name must not be empty`);
  }
}
