/** Is the service healthy? A failed pass doesn't count, since a restart wouldn't help; the metrics report it. Pure. */
import type { Status } from './status_board.js';

export interface Health {
  ok: boolean;
  text: string;
}

/** How late a planned pass may be while none runs; after that it will not come. */
const lateMilliseconds = 600_000;

export function healthOf({ now, next, current }: Pick<Status, 'now' | 'next' | 'current'>): Health {
  const late = next === null ? 0 : Date.parse(now) - Date.parse(next);
  if (next === null || current !== null || late <= lateMilliseconds) return { ok: true, text: 'ok' };
  return { ok: false, text: `the pass that was planned for ${next} has not started` };
}
