/** The course of a job in the log: INFO for the whole, DEBUG for each file, ERROR for each that failed. */
import type { Logger } from '../../config/index.js';
import type { JobEvent } from './events.js';

export function logEvents(logger: Logger): (event: JobEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'pass:started': {
        const { job, cache, target, dryRun } = event;
        logger.info(`${job} started`, { cache, target, ...(dryRun && { dryRun }) });
        break;
      }
      case 'usage': {
        const { usedPercent, available } = event;
        const text = `cache disk is ${usedPercent} % full`;
        if (event.warning) logger.warn(text, { available });
        else logger.info(text, { available });
        break;
      }
      case 'file:failed': {
        const { path, code, message, conflict } = event;
        logger.error(message, { record: path, code, ...(conflict && { conflict }) });
        break;
      }
      case 'file:retry': {
        const { path, message, attempt, retriesLeft } = event;
        logger.warn(message, { record: path, attempt, retriesLeft });
        break;
      }
      case 'pass:finished': {
        const { job, failures: _, keptReasons, ...numbers } = event.report;
        logger.info(`${job} finished`, { ...numbers, keptReasons });
        break;
      }
      case 'pass:scheduled':
        if (event.late)
          logger.info('the next pass begins now: its time went by', { at: event.at, job: event.job });
        else logger.info('the next pass is scheduled', { at: event.at, job: event.job });
        break;
      case 'pass:failed': {
        const { type: _, message, ...fields } = event;
        logger.error(`the pass failed: ${message}`, fields);
        break;
      }
      case 'progress':
      case 'file:progress':
        break;
      default: {
        const { type, ...fields } = event;
        logger.debug(type, fields);
      }
    }
  };
}
