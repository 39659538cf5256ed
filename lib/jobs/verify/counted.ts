/** How many rows an audit says that there are, and how many came. */
export interface Announced {
  records: number;
  bytes: number;
}

export class Counted implements Announced {
  records = 0;
  bytes = 0;

  add(size: number): void {
    this.records += 1;
    this.bytes += size;
  }
}
