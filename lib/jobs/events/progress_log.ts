/** Progress of a long pass for the log: a line at INFO every minute, at DEBUG every ten seconds. */
import type { Logger } from '../../config/index.js';
import type { ArchiveEvent } from './events.js';

const infoMilliseconds = 60_000;
const debugMilliseconds = 10_000;

export function logProgress(
  logger: Logger,
  now: () => number = () => performance.now(),
): (event: ArchiveEvent) => void {
  let lastInfo = now();
  let lastDebug = lastInfo;
  return (event) => {
    if (event.type === 'pass:started') lastInfo = lastDebug = now();
    if (event.type !== 'progress') return;
    const { type: _, ...numbers } = event;
    if (now() - lastInfo >= infoMilliseconds) {
      lastInfo = lastDebug = now();
      logger.info('progress', numbers);
    } else if (now() - lastDebug >= debugMilliseconds) {
      lastDebug = now();
      logger.debug('progress', numbers);
    }
  };
}
