/** Promises that nobody listens to end a Node process; Mocha takes no notice of them. */
import { setImmediate } from 'node:timers/promises';

/** What was rejected meanwhile without anybody to hear of it. */
export async function unhandledRejections(work: () => unknown): Promise<unknown[]> {
  const heard = new Set<unknown>();
  const hear = (reason: unknown) => void heard.add(reason);
  process.on('unhandledRejection', hear);
  try {
    await work();
    await setImmediate();
    await setImmediate();
  } finally {
    process.removeListener('unhandledRejection', hear);
  }
  return [...heard];
}
