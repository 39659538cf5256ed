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
    const heap = this.#heap;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.at <= heap[index]!.at) return;
      [heap[parent], heap[index]] = [heap[index]!, heap[parent]!];
      index = parent;
    }
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const right = left + 1;
      let smallest = index;
      if (left < heap.length && heap[left]!.at < heap[smallest]!.at) smallest = left;
      if (right < heap.length && heap[right]!.at < heap[smallest]!.at) smallest = right;
      if (smallest === index) return;
      [heap[smallest], heap[index]] = [heap[index]!, heap[smallest]!];
      index = smallest;
    }
  }
}
