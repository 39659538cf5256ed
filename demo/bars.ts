/** A progress bar for work that isn't a pass. */
import type { Screen } from '../lib/cli/screen.js';

interface Count {
  files: number;
  bytes: number;
}

/** Runs `work` below a bar; it reports how much of `total` is done. */
export async function shownAsBar<T>(
  screen: Screen,
  total: Count,
  work: (report: (done: Count) => void) => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const report = (done: Count): void => {
    const rate = (done.bytes / (performance.now() - start)) * 1000;
    const left = (total.bytes - done.bytes) / rate;
    screen.progress({
      filesDone: done.files,
      filesKnown: total.files,
      bytesDone: done.bytes,
      bytesKnown: total.bytes,
      walkDone: true,
      rate: Number.isFinite(rate) ? rate : 0,
      etaSeconds: Number.isFinite(left) ? left : null,
      copying: 0,
    });
  };
  screen.showBar();
  report({ files: 0, bytes: 0 });
  try {
    return await work(report);
  } finally {
    screen.hideBar();
  }
}
