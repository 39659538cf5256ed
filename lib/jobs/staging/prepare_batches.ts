/** Sends prepare requests, and halves those that a server refuses as too large. */
import { XRootDError } from '../../xrdcl/index.js';
import { isServerFailure } from '../run/failure.js';

export interface Sent<T> {
  names: readonly string[];
  result: T;
}

export interface Refused {
  name: string;
  error: unknown;
}

export class PrepareBatches {
  #most: number;

  /** @param most files in one request; less once the server has refused more */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Sends names in as few requests as the server takes, and returns those that it doesn't take even alone.
   * @param onSent called after each request that was taken
   * @throws when the server is gone or refuses us, or the signal aborts
   */
  async send<T>(
    names: readonly string[],
    request: (names: readonly string[]) => Promise<T>,
    onSent: (sent: Sent<T>) => Promise<void> | void,
  ): Promise<Refused[]> {
    const refused: Refused[] = [];
    const sendOne = async (batch: readonly string[]): Promise<boolean> => {
      let result: T;
      try {
        result = await request(batch);
      } catch (error) {
        if (!(error instanceof XRootDError) || isServerFailure(error)) throw error;
        const [only] = batch;
        if (batch.length === 1 && only !== undefined) {
          refused.push({ name: only, error });
          return false;
        }
        const half = Math.ceil(batch.length / 2);
        const first = await sendOne(batch.slice(0, half));
        const second = await sendOne(batch.slice(half));
        // It was the number of names, not one of them.
        if (first && second) this.#most = Math.min(this.#most, half);
        return false;
      }
      await onSent({ names: batch, result });
      return true;
    };
    for (let at = 0; at < names.length;) {
      const batch = names.slice(at, at + this.#most);
      at += batch.length;
      await sendOne(batch);
    }
    return refused;
  }
}
