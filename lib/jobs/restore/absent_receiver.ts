/** A restore directory that isn't there yet, for a dry run: nothing is in it, and nothing comes. */
import { resolve } from 'node:path';
import { receivedNameProblem } from '../../rules/received_name.js';
import type { Receiver } from './receiver.js';

export class AbsentReceiver implements Receiver {
  readonly place: string;

  constructor(to: string) {
    this.place = resolve(to);
  }

  nameProblem(name: string): string | undefined {
    return receivedNameProblem(name, { directory: this.place });
  }

  look(): Promise<null> {
    return Promise.resolve(null);
  }

  checksum(): Promise<never> {
    return Promise.reject(new Error(`${this.place} is not there`));
  }

  begin(): Promise<never> {
    return Promise.reject(new Error(`${this.place} is not there`));
  }

  async close(): Promise<void> {
    // Nothing was opened.
  }
}
