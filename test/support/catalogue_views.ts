/** What a service read from a catalogue that nobody made. */
import type { CatalogueFacts, CatalogueView } from '../../lib/service/catalogue_view.js';

const at = '2026-03-01T03:10:00.000Z';
const facts: CatalogueFacts = {
  ...{ fileBytes: 4e6, lastSegment: 12, overdue: 3 },
  records: {
    ...{ in_cache: { records: 10, bytes: 1e9 }, waiting: { records: 20, bytes: 2e9 } },
    ...{ on_tape: { records: 2968, bytes: 3e12 }, lost: { records: 2, bytes: 2e6 } },
  },
  lost: [
    { path: 'day-1/it is.h5', size: 1e6, since: at, reason: 'the server has no such file' },
    { path: 'day-2/<b>', size: 1e6, since: at, reason: 'the server has other bytes' },
  ],
  audit: { finishedAt: at, outcome: 'failures', error: null, verified: 28, failed: 2 },
  drill: { finishedAt: '2026-02-28T06:00:00.000Z', outcome: 'ok', error: null, verified: 3, failed: 0 },
  ...{ audited: 1500, lastAudited: at, provenSince: '2025-12-01T03:00:00.000Z', wrong: 2 },
  parts: [
    { name: 'day-1', records: 2000, audited: 1500, provenSince: '2025-12-01T03:00:00.000Z', wrong: 2 },
    { name: '.', records: 1000, audited: 0, provenSince: null, wrong: 0 },
  ],
};
export function viewOf(): CatalogueView {
  return { at, file: '/cache/.xrootd-archive.catalogue', nothing: null, facts };
}
