/** An audit by schedule: compares a part of the catalogue with the server. */
import type { JobDependencies } from '../jobs/run/job_run.js';
import { verify } from '../jobs/verify/verify.js';

/** @throws as verify() */
export async function audit(dependencies: JobDependencies, signal: AbortSignal): Promise<void> {
  const { samplePercent } = dependencies.config.audit ?? {};
  await verify(dependencies, [], { against: { catalogue: true, samplePercent }, signal });
}
