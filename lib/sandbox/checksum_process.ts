/** The process of keyed_checksums.ts: caches checksums with the key that its environment names. */
import { XRootDError } from '../xrdcl/index.js';
import type { ChecksumAnswer, ChecksumFailure, ChecksumRequest } from './checksum_messages.js';
import { ChecksumKeeper } from './server_requests.js';

const checksums = new ChecksumKeeper(process.argv[2] ?? '');

process.on('message', (message) => {
  const { id, path } = message as ChecksumRequest;
  checksums.cache(path).then(
    () => {
      answer({ id });
    },
    (error: unknown) => {
      answer({ id, failure: failureOf(error) });
    },
  );
});
// Its owner ended, in whatever way.
process.on('disconnect', () => process.exit());

function answer(message: ChecksumAnswer): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

function failureOf(error: unknown): ChecksumFailure {
  if (!(error instanceof XRootDError)) return String(error);
  return { native: error.toStatus(), context: error.context };
}
