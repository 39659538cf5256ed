/** Lets copies begin: of each kind at most its lane's limit at once, and of all kinds together no more than fit into memory. */

/** How many of its kind may run; may change at any time. */
export interface Lane {
  readonly limit: number;
  /** There is room for one more, and nobody who wants it. */
  idle?(): void;
}

interface Waiting {
  memory: number;
  start: () => void;
}

interface Queue {
  lane: Lane;
  running: number;
  waiting: Waiting[];
}

export class CopyGate<Kind extends string> {
  readonly #queues: Record<Kind, Queue>;
  readonly #memory: number;
  #held = 0;

  /**
   * @param memory bytes
   * @param lanes in order of priority: a copy that waits for memory holds up the lanes after its own too
   */
  constructor(memory: number, lanes: Record<Kind, Lane>) {
    this.#memory = memory;
    const queues = Object.entries<Lane>(lanes).map(([kind, lane]) => [
      kind,
      { lane, running: 0, waiting: [] },
    ]);
    this.#queues = Object.fromEntries(queues) as Record<Kind, Queue>;
  }

  /** @param memory bytes that the task holds; one that is larger than all there is runs alone */
  async run<T>(kind: Kind, memory: number, task: () => Promise<T>): Promise<T> {
    const queue = this.#queues[kind];
    await new Promise<void>((start) => {
      queue.waiting.push({ memory, start });
      this.#admit();
    });
    try {
      return await task();
    } finally {
      queue.running -= 1;
      this.#held -= memory;
      this.#admit();
    }
  }

  #admit(): void {
    for (const queue of Object.values<Queue>(this.#queues)) {
      while (queue.running < queue.lane.limit) {
        const [next] = queue.waiting;
        if (next === undefined) {
          queue.lane.idle?.();
          break;
        }
        // Whoever comes later must wait too, or small ones would never leave room for a large one.
        if (this.#held > 0 && this.#held + next.memory > this.#memory) return;
        queue.waiting.shift();
        queue.running += 1;
        this.#held += next.memory;
        next.start();
      }
    }
  }
}
