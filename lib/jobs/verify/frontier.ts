/** How far a walk has come whose batches end in any order: up to which row all rows are done. */
interface Batch {
  rows: number;
  last: string;
  isDone: boolean;
}

export class Frontier {
  /** Path of the last row before which all are done. */
  last: string;
  /** Rows up to there. */
  rows = 0;
  /** In the order in which they began. */
  readonly #begun: Batch[] = [];

  constructor(after: string) {
    this.last = after;
  }

  /** Called in the order of the rows. @returns to be called when all rows of the batch are done */
  begin(rows: number, last: string): () => void {
    const batch = { rows, last, isDone: false };
    this.#begun.push(batch);
    return () => {
      batch.isDone = true;
      for (let first = this.#begun[0]; first?.isDone === true; first = this.#begun[0]) {
        this.#begun.shift();
        this.rows += first.rows;
        this.last = first.last;
      }
    };
  }
}
