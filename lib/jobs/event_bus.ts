/** Events to listeners. A listener that throws harms nothing but itself. */
import type { Logger } from '../config/index.js';
import type { ArchiveEvent, ArchiveEventOf, ArchiveEventType } from './events.js';

export type Listener = (event: ArchiveEvent) => void;
export type Emit = (event: ArchiveEvent) => void;

export class EventBus {
  readonly #listeners = new Set<Listener>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Returns what takes the listener off again. */
  onAny(listener: Listener): () => void {
    // An object of its own a subscription: the same function may listen twice.
    const own: Listener = (event) => {
      listener(event);
    };
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  on<T extends ArchiveEventType>(type: T, listener: (event: ArchiveEventOf<T>) => void): () => void {
    return this.onAny((event) => {
      if (event.type === type) listener(event as ArchiveEventOf<T>);
    });
  }

  readonly emit: Emit = (event) => {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error('a listener threw', { event: event.type, error: String(error) });
      }
    }
  };
}
