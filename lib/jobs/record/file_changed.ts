/** The file isn't the one that was seen any more. It is kept; the next pass looks at what it is by then. */
export class FileChanged extends Error {}

export const FILE_CHANGED = {
  gone: 'gone before it was looked at',
  changed: 'changed while it was worked on',
  writing: 'open for writing in another process',
} as const;
