/** The hook of tell_packages.ts, on a thread of its own. */
import { appendFileSync } from 'node:fs';

type Next = (specifier: string, context: unknown) => unknown;

export function resolve(specifier: string, context: unknown, next: Next): unknown {
  const file = process.env['PACKAGES_FILE'];
  if (file !== undefined && /^[a-z@]/.test(specifier) && !/^[a-z]+:/.test(specifier))
    appendFileSync(file, `${specifier}\n`);
  return next(specifier, context);
}
