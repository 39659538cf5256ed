import type { RequestBook } from './request_book.js';
import type { TapeStore } from './tape_store.js';

/**
 * The answer to a prepare query in EOS's and CTA's form. One response a line: xrootd before 5.6 cuts what is longer
 * than about 2 KB, at a line's end.
 */
export async function queryAnswer(
  requestId: string,
  paths: readonly string[],
  requests: RequestBook,
  store: TapeStore,
): Promise<string> {
  const responses = await Promise.all(
    paths.map(async (path) => {
      const state = await store.look(path);
      const recall = requests.of(path);
      const time = recall?.requests.get(requestId);
      return JSON.stringify({
        path,
        path_exists: state !== undefined,
        on_tape: state?.onTape ?? false,
        online: state !== undefined && !state.offline,
        requested: recall?.waiting ?? false,
        has_reqid: time !== undefined,
        req_time: time === undefined ? '' : String(Math.floor(time.getTime() / 1000)),
        error_text: state === undefined ? 'No such file or directory' : (recall?.error ?? ''),
      });
    }),
  );
  return `{"request_id":${JSON.stringify(requestId)},"responses":[\n${responses.join(',\n')}\n]}\n`;
}
