/** The file has changed since it was looked at. It is kept, and the next pass looks at it again. */
export class FileChanged extends Error {}

export const FILE_CHANGED = {
  gone: 'gone before it was looked at',
  changed: 'changed while it was worked on',
  writing: 'open for writing in another process',
} as const;
