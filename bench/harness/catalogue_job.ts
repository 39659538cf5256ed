/** What contestants/catalogue.ts is told. */
export interface CatalogueJob {
  /**
   * `fill`: makes the rows. `page`: opens it as a reader and takes a page below a directory. `check`: opens it as a pass does.
   * `all`: reads every row. `remove`: rows that removals wait for, and the notes after them.
   */
  what: 'fill' | 'page' | 'check' | 'all' | 'remove';
  cache: string;
  rows: number;
  /** How many removals wait at once. */
  atOnce?: number;
}
