/** Progress of a long pass for the log: a line at INFO every minute, at DEBUG every ten seconds. */
import type { Logger } from '../../config/index.js';
import type { JobEvent } from './events.js';

const infoMilliseconds = 60_000;
const debugMilliseconds = 10_000;

export function logProgress(
  logger: Logger,
  now: () => number = () => performance.now(),
): (event: JobEvent) => void {
  // A service may have two jobs at work.
  const last = new Map<string, { info: number; debug: number }>();
  return (event) => {
    if (event.type === 'pass:started') last.set(event.job, { info: now(), debug: now() });
    if (event.type !== 'progress') return;
    const { type: _, ...numbers } = event;
    const before = last.get(event.job);
    if (before === undefined) return;
    const time = now();
    if (time - before.info >= infoMilliseconds) {
      before.info = before.debug = time;
      logger.info('progress', numbers);
    } else if (time - before.debug >= debugMilliseconds) {
      before.debug = time;
      logger.debug('progress', numbers);
    }
  };
}
