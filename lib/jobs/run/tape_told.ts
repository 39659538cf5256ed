/** The target's store for jobs that go by what is on tape. */
import type { LimitedStore } from '../../remote/limited_store.js';
import { tapeStateStore } from '../../remote/tape_state_store.js';
import type { JobDependencies } from './job_run.js';

/** Its `backUpExists` is what `tape_state` says. */
export function toldOfTape(
  store: LimitedStore,
  { config, logger }: Pick<JobDependencies, 'config' | 'logger'>,
): LimitedStore {
  return tapeStateStore(store, config, (message, fields) => {
    logger.warn(message, { ...fields, target: config.targetUrl });
  });
}
