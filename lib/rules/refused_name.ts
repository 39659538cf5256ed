/** Names that a server refuses because of their characters. */

/** All that EOS once allowed in a path (BOUNCE_ILLEGAL_NAMES in its mgm/macros); newer versions only say so in the error. */
const allowed = /[A-Za-z0-9/ .\-_~#:^]/;

/** The characters of a path that such a server refuses, each once. Empty: it isn't the name. */
export function refusedLetters(path: string): string[] {
  return [...new Set(path)].filter((letter) => !allowed.test(letter));
}

export function refusedNameText(letters: readonly string[]): string {
  const named = letters.map((letter) => `"${letter}"`).join(', ');
  return (
    `the server refuses its name, probably because of ${named} (EOS allows A-Z a-z 0-9 / space . - _ ~ # : ^): ` +
    'give it another name, or leave it out'
  );
}
