/** Jobs of a world in another process than the model's. */
import type { Archive } from '../../../lib/index.js';
import {
  JobsAhead,
  type ChildJob,
  type JobEnd,
  type JobProcess,
  type JobProcessOptions,
} from '../../support/job_process.js';
import { violated } from './violation.js';
import { World } from './world.js';

export interface Elsewhere {
  /** The child ends itself at this event. */
  killAfterEvents?: number | undefined;
  /** It is killed so long after its job began. */
  killAfterMilliseconds?: number | undefined;
  /** Is told how it ended, if it wasn't killed. */
  onEnd?: (end: JobEnd) => void;
}

const started = new WeakMap<World, Map<string, JobsAhead>>();

/** A process that waits for its job; the next one is started meanwhile, and ends with the world. */
export function childOf(world: World, options: JobProcessOptions = {}): JobProcess {
  let ahead = started.get(world);
  if (ahead === undefined) started.set(world, (ahead = new Map<string, JobsAhead>()));
  const key = JSON.stringify(options);
  let jobs = ahead.get(key);
  if (jobs === undefined) {
    const made = new JobsAhead(options);
    world.undo.push(() => made[Symbol.asyncDispose]());
    ahead.set(key, (jobs = made));
  }
  return jobs.take();
}

/** From now on the world's jobs run in children; until the function is called that it returns. */
export function elsewhere(world: World, how: Elsewhere, options?: JobProcessOptions): () => void {
  const own = world as { archive?: World['archive'] };
  own.archive = (cache, more) => {
    const { config } = World.prototype.archive.call(world, cache, more);
    const run = (job: Omit<ChildJob, 'options'>) =>
      runChild(childOf(world, options), { ...job, config }, how);
    const fake: Partial<Record<keyof Archive, unknown>> = {
      config,
      backup: (given: never) => run({ job: 'backup', arguments: given } as never),
      restore: (paths: string[], given: never) => run({ job: 'restore', paths, arguments: given } as never),
      retention: (given: never) => run({ job: 'retention', arguments: given } as never),
      rebuild: (given: never) => run({ job: 'rebuild', arguments: given } as never),
      verify: (paths: string[], given: never) => run({ job: 'verify', paths, arguments: given } as never),
    };
    return fake as Archive;
  };
  return () => {
    delete own.archive;
  };
}

export async function runChild(
  child: JobProcess,
  { config, ...job }: { config: Archive['config'] } & object,
  { killAfterEvents, killAfterMilliseconds, onEnd }: Elsewhere,
): Promise<NonNullable<JobEnd['result']>['report']> {
  await child.ready();
  child.go({
    ...job,
    options: { ...(JSON.parse(JSON.stringify(config)) as object), logLevel: 'error' },
    ...(killAfterEvents !== undefined && { killAfterEvents }),
  } as never);
  const timer =
    killAfterMilliseconds === undefined ? undefined : setTimeout(() => child.kill(), killAfterMilliseconds);
  const end = await child.ended();
  clearTimeout(timer);
  if (end.hung) violated(`a child's job hasn't ended after 60 s: ${end.events.slice(-5).join(', ')}`);
  const wasKilled = end.signal === 'SIGKILL';
  if (!wasKilled && end.code !== 0)
    violated(`a child ended with ${String(end.code ?? end.signal)}: ${end.stderr.slice(-2000)}`);
  if (!wasKilled) onEnd?.(end);
  if (end.result?.error !== undefined)
    throw Object.assign(new Error(end.result.error.message), end.result.error);
  if (end.result === undefined) throw new Error('killed');
  return end.result.report;
}
