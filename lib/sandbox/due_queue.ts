/** Keys that become due at their own times, on one timer: a binary heap, so that 100,000 of them cost little. */
export class DueQueue {
  readonly #onDue: (key: string) => void;
  readonly #heap: { key: string; at: number }[] = [];
  readonly #latest = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(onDue: (key: string) => void) {
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#latest.size;
  }

  /** Sets when `key` is due, in seconds from now; replaces what was set before. */
  set(key: string, seconds: number): void {
    const at = Date.now() + seconds * 1000;
    this.#latest.set(key, at);
    this.#heap.push({ key, at });
    this.#rise(this.#heap.length - 1);
    this.#arm();
  }

  delete(key: string): boolean {
    return this.#latest.delete(key);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#heap.length = 0;
    this.#latest.clear();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#heap[0];
    if (next === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#fire();
      },
      Math.max(0, next.at - Date.now()),
    );
    // The server process is what keeps a program with a sandbox alive.
    this.#timer.unref();
  }

  #fire(): void {
    const now = Date.now();
    for (let next = this.#heap[0]; next !== undefined && next.at <= now; next = this.#heap[0]) {
      this.#removeFirst();
      if (this.#latest.get(next.key) !== next.at) continue;
      this.#latest.delete(next.key);
      this.#onDue(next.key);
    }
    this.#arm();
  }

  #rise(index: number): void {
    for (let child = index; child > 0;) {
      const parent = (child - 1) >> 1;
      if (this.#at(parent) <= this.#at(child)) return;
      this.#swap(parent, child);
      child = parent;
    }
  }

  #removeFirst(): void {
    this.#swap(0, this.#heap.length - 1);
    this.#heap.pop();
    for (let parent = 0; ;) {
      const left = 2 * parent + 1;
      const smaller = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(parent) <= this.#at(smaller)) return;
      this.#swap(parent, smaller);
      parent = smaller;
    }
  }

  /** Beyond the end: later than everything. */
  #at(index: number): number {
    return this.#heap[index]?.at ?? Infinity;
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}
