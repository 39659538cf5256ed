/** What all jobs take. */
export interface JobOptions {
  /** Stands in each event of this job as `jobId`, so that jobs that run side by side can be told apart. Default: a random UUID. */
  jobId?: string | undefined;
}

export const JOB_OPTIONS = { jobId: true } as const;
