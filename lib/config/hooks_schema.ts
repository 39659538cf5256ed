/** The block `hooks`. */
import { z } from 'zod';
import { commandLine, flag, numberIn, oneOf, webUrl } from './fields.js';

export const hooksSchema = z
  .strictObject({
    /** A program and its arguments, without a shell; it gets the report as JSON on its standard input. */
    command: commandLine().optional(),
    /** The report goes here with POST (healthchecks.io, ntfy, Slack, …). What it contains is a secret. */
    url: webUrl().optional(),
    /** Instead of `url`, after a pass that didn't end well. */
    failure_url: webUrl().optional(),
    /** What the URLs get: the report as JSON, a few lines of text, or these as Slack wants them. */
    format: oneOf(['report', 'text', 'slack']).default('report'),
    /** Nothing is called after a pass that ended well. */
    only_failures: flag().default(false),
    /** After this time a command is killed, and a URL given up. */
    timeout_seconds: numberIn(1, 300, 'seconds').default(10),
  })
  .refine(({ command, url, failure_url }) => [command, url, failure_url].some((one) => one !== undefined), {
    error: 'must name a command, a url or a failure_url',
  });
