/** Warns of files that stay because only a weak checksum could be compared, and says what an operator can do. */
import type { ArchiveConfig, Logger } from '../../config/index.js';
import { REASONS } from '../../rules/removal.js';
import type { Report } from '../events/report.js';

export function warnOfWeak(
  report: Report,
  { targetUrl }: Pick<ArchiveConfig, 'targetUrl'>,
  logger: Logger,
): void {
  const weak = report.keptReasons[REASONS.weak] ?? 0;
  if (weak === 0) return;
  logger.warn(
    'the server could tell nothing but adler32 of files that are offline and that this archive does not remember to have ' +
      'copied; other bytes can have the same one, so the local files stay: stage them, and they are read back, or say ' +
      'trust_adler32',
    { records: weak, target: targetUrl },
  );
}
