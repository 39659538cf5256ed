/** Why a catalogue can't be used. */
export type CatalogueErrorCode =
  /** Bytes of the file are wrong; it was put aside. */
  | 'Damaged'
  /** Another program's file. */
  | 'Foreign'
  /** Written by a newer version of this program. */
  | 'Newer'
  /** It belongs to another archive. */
  | 'OtherArchive'
  /** It can't be opened or written: full disk, permissions, … */
  | 'Unavailable';

/** The catalogue can't be used, or couldn't be written. Copies go on without it; removals don't (S14). */
export class CatalogueError extends Error {
  /** Always `CatalogueError`. */
  override readonly name = 'CatalogueError';
  /** Why, for programs. */
  readonly code: CatalogueErrorCode;
  /** The catalogue's file. */
  readonly file: string;

  /**
   * The library makes it.
   * @param file of the catalogue
   */
  constructor(code: CatalogueErrorCode, file: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.file = file;
  }
}
