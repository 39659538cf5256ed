/** Codes of failures that several rooms know: jobs report them; commands, mails and metrics tell what to do. */

/** The only copy that the archive made of a record is gone, or isn't what it was. */
export const LOST_COPY = 'LostCopy';
/** The catalogue can't be read or written: nothing is removed (S14). */
export const CATALOGUE_UNUSABLE = 'CatalogueUnusable';
/** The catalogue is new, another one or older than what the last pass wrote: what it lacks isn't followed. */
export const CATALOGUE_REPLACED = 'CatalogueReplaced';
/** Nothing is on the server of what has left the cache: nothing more leaves it. */
export const STORAGE_EMPTIED = 'StorageEmptied';
