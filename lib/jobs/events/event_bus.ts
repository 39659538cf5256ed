/** Sends events to listeners. A listener that throws, or whose promise rejects, affects nobody else. */
import { inspect } from 'node:util';
import type { Logger } from '../../config/index.js';
import { hearRejection } from '../../xrdcl/late_rejection.js';
import type { ArchiveEvent, ArchiveEventOf, ArchiveEventType, JobEvent } from './events.js';

/** May be async; nobody waits for it. */
export type Listener = (event: ArchiveEvent) => unknown;
/** Of one job. */
export type Emit = (event: JobEvent) => void;

export class EventBus {
  readonly #listeners = new Set<Listener>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Returns a function that removes the listener. */
  onAny(listener: Listener): () => void {
    // A new object for each subscription: the same function may listen twice.
    const entry: Listener = (event) => listener(event);
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  on<T extends ArchiveEventType>(type: T, listener: (event: ArchiveEventOf<T>) => unknown): () => void {
    return this.onAny((event) => (event.type === type ? listener(event as ArchiveEventOf<T>) : undefined));
  }

  readonly emit = (event: ArchiveEvent): void => {
    for (const listener of this.#listeners) {
      const failed = (error: unknown) => {
        const text = error instanceof Error ? String(error) : inspect(error);
        this.#logger.error('a listener threw', { event: event.type, error: text });
      };
      try {
        void hearRejection(listener(event), failed);
      } catch (error) {
        failed(error);
      }
    }
  };
}
