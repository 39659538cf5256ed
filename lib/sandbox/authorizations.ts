import { keyUser } from './keys.js';
import type { ResolvedOptions } from './options.js';

/** XrdAcc's letters; a `-` takes them away. */
const privileges = { none: '-a', read: 'lr', all: 'a' } as const;

/** The text of `acc.authdb`: one rule, of which the first path that a file's path begins with counts. */
export function authorizations({ basePath, rights, sss }: ResolvedOptions): string {
  const pairs = [...rights, { path: basePath, right: 'all' } as const]
    .sort((a, b) => b.path.length - a.path.length)
    .map(({ path, right }) => `${path} ${privileges[right]}`);
  return `u ${sss ? keyUser : '*'} ${pairs.join(' ')}\n`;
}

export function authorizes({ sss, rights }: ResolvedOptions): boolean {
  return sss || rights.length > 0;
}
