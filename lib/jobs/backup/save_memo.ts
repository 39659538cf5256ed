/** Keeps what a pass has verified for the next one. */
import type { VerifiedMemo } from '../../cache/verified_memo.js';
import type { Logger } from '../../config/index.js';
import type { RecordBook } from '../record/record_book.js';

/**
 * Without it the next pass compares again.
 * @param pass `tells`: that rows are missing in the catalogue, if they are: later passes needn't
 */
export async function saveMemo(
  memo: VerifiedMemo,
  { whole, tells }: { whole: boolean; tells: boolean },
  book: RecordBook,
  logger: Logger,
): Promise<void> {
  try {
    await memo.save(whole, tells ? await book.seen() : memo.catalogue);
  } catch (error) {
    logger.warn(`what was verified is not remembered for the next pass: ${String(error)}`);
  }
}
