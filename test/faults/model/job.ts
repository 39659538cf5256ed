/** A job, whose report must add up. */
import { assertAddsUp } from '../../support/reports_add_up.js';
import type { Report } from '../../../lib/index.js';
import type { Truth } from './truth.js';
import { violated } from './violation.js';

/** Undefined: it ended with an error, which only trouble allows. */
export async function job(truth: Truth, run: () => Promise<Report>): Promise<Report | undefined> {
  let report: Report;
  try {
    report = await run();
  } catch (error) {
    if (!truth.trouble) throw error;
    truth.log.push(`  ${String(error)}`);
    return undefined;
  }
  try {
    assertAddsUp(report);
  } catch (error) {
    violated(`the numbers don't add up: ${String(error)}`);
  }
  const { failures, keptReasons, warnings = [], job, scanned, copied, removed } = report;
  const told = failures.map(({ path, code, message }) => `${path} ${code} ${message}`);
  truth.log.push(
    `  ${job}: ${scanned} scanned, ${copied} copied, ${removed} removed, ${JSON.stringify(keptReasons)} ${[...told, ...warnings].join('; ')}`,
  );
  return report;
}
