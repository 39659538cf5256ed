/** The code blocks of the documentation, and of docstrings. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface DocBlock {
  /** Relative to the repository. */
  file: string;
  /** Of its first line of code. */
  line: number;
  language: string;
  text: string;
}

/** README and the like, docs/ and what lies below it, examples/; relative to the repository. */
export function documents(): string[] {
  const below = ['docs', 'examples', '.github'].flatMap((directory) =>
    readdirSync(path.join(root, directory), { recursive: true, encoding: 'utf8' }).map((name) =>
      path.join(directory, name),
    ),
  );
  return [...readdirSync(root), ...below].filter((name) => name.endsWith('.md')).sort();
}

export function documentBlocks(): DocBlock[] {
  return documents().flatMap((file) => blocksOf(file, readFileSync(path.join(root, file), 'utf8')));
}

export function docstringBlocks(): DocBlock[] {
  return readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const file = path.join('lib', name);
      const text = readFileSync(path.join(root, file), 'utf8');
      return blocksOf(file, text.replace(/^ *(\/\*)?\* ?/gm, ''));
    });
}

function blocksOf(file: string, text: string): DocBlock[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => {
    const [, language = '', code = ''] = match;
    const line = text.slice(0, match.index).split('\n').length + 1;
    return { file, line, language, text: code };
  });
}

export const inlineCode = (file: string): string[] =>
  [
    ...readFileSync(path.join(root, file), 'utf8')
      .replace(/^```.*?^```$/gms, '')
      .matchAll(/`([^`]+)`/g),
  ].map(([, code = '']) => code.replace(/\s+/g, ' '));
