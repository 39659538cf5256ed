/** What the doctor finds: one line each. */

export type Result = 'ok' | 'warning' | 'failed';

export interface Finding {
  /** What was looked at: `addon`, `cache: links`, `target: login`. */
  check: string;
  result: Result;
  message: string;
  /** What to do; of a warning or a failure. */
  advice?: string;
}

export function ok(check: string, message: string): Finding {
  return { check, result: 'ok', message };
}

export function warning(check: string, message: string, advice: string): Finding {
  return { check, result: 'warning', message, advice };
}

export function failed(check: string, message: string, advice: string): Finding {
  return { check, result: 'failed', message, advice };
}
