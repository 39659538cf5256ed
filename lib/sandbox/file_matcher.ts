/**
 * Chooses files by their path relative to the sandbox's base. A glob knows `*` (within one directory), `**` (any
 * depth) and `?`.
 */
export type FileMatcher = string | RegExp | ((path: string) => boolean);

export function toPredicate(matcher: FileMatcher | undefined): (path: string) => boolean {
  if (matcher === undefined) return () => false;
  if (typeof matcher === 'function') return matcher;
  if (matcher instanceof RegExp) {
    const stateless = new RegExp(matcher.source, matcher.flags.replace(/[gy]/g, ''));
    return (path) => stateless.test(path);
  }
  const expression = globToRegExp(matcher);
  return (path) => expression.test(path);
}

function globToRegExp(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\/]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return `\\${part}`;
  });
  return new RegExp(`^${source}$`, 's');
}
