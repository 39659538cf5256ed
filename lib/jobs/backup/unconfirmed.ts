/** The error of a copy that isn't what it should be. */
import type { CacheRecord } from '../../cache/walk.js';
import { parseTarget } from '../../config/target.js';
import { remotePath } from '../../rules/names.js';
import { urlOf, XRootDError } from '../../xrdcl/index.js';
import type { BackupContext } from './backup_context.js';

export function unconfirmed(
  message: string,
  { path, absolute }: CacheRecord,
  { config }: BackupContext,
): XRootDError {
  const { endpoint, base } = parseTarget(config.targetUrl);
  const target = urlOf(endpoint, remotePath(base, path));
  return XRootDError.of('CheckSumError', message, { operation: 'verify', source: absolute, target });
}
