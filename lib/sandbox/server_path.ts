/** Paths on the server are compared as text: one slash each. */
export function normalizePath(path: string): string {
  return `/${path
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`;
}

/** @param path relative to the base, or absolute on the server, below the base */
export function pathOnServer(basePath: string, path: string): string {
  const absolute = normalizePath(path);
  if (path.startsWith('/') && (absolute === basePath || absolute.startsWith(`${basePath}/`))) return absolute;
  return `${basePath}${absolute}`;
}
