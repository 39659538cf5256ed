/** A file isn't the one that was seen; the next pass will see what it is now. */
export class Moved extends Error {}

export const MOVED = {
  gone: 'gone before it was looked at',
  changed: 'changed while it was worked on',
  writing: 'open for writing in another process',
} as const;
