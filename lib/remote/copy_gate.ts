/** Decides when a copy starts: each kind has a limit of its own, and all copies together must fit into memory. */

/** How many copies of one kind may run at once; the limit may change at any time. */
export interface Lane {
  readonly limit: number;
  /** Called when one more copy could run and none is waiting. */
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
   * @param memory bytes for all copies together
   * @param lanes in order of priority: a copy that waits for memory also blocks all lanes after its own
   */
  constructor(memory: number, lanes: Record<Kind, Lane>) {
    this.#memory = memory;
    const queues = Object.entries<Lane>(lanes).map(([kind, lane]) => [
      kind,
      { lane, running: 0, waiting: [] },
    ]);
    this.#queues = Object.fromEntries(queues) as Record<Kind, Queue>;
  }

  /** @param memory bytes that the task holds; a task that needs more than there is runs alone */
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
        // Later copies wait too: otherwise small ones would never leave enough memory for a large one.
        if (this.#held > 0 && this.#held + next.memory > this.#memory) return;
        queue.waiting.shift();
        queue.running += 1;
        this.#held += next.memory;
        next.start();
      }
    }
  }
}
