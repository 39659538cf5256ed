/** The option `deadlineSeconds` of what waits for tape. */
import { ConfigError } from '../../config/index.js';

/** @throws {ConfigError} for what is no time: nothing ever comes later than NaN */
export function checkDeadline(deadlineSeconds: number): void {
  if (typeof deadlineSeconds === 'number' && deadlineSeconds >= 0) return;
  throw new ConfigError([{ key: 'deadlineSeconds', message: 'must be a number of seconds from 0 up' }]);
}
