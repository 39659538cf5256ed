/** Stands for a restore directory that doesn't exist yet, in a dry run: it is empty, and nothing is written. */
import { resolve } from 'node:path';
import { receivedNameProblem } from '../../rules/received_name.js';
import type { Receiver } from './receiver.js';

export class AbsentReceiver implements Receiver {
  readonly place: string;
  readonly isLocal = true;

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
