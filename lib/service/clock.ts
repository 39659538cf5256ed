/** The wall clock, and waiting by it. */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves with true at that moment, or with false as soon as the signal is aborted. */
  until(moment: number, signal: AbortSignal): Promise<boolean>;
}

/** Milliseconds between looks at the clock: timers stop while the machine sleeps, ignore clock changes, and end at 24 days. */
const longestTimer = 30_000;

export const systemClock: Clock = {
  now: Date.now,
  until: (moment, signal) =>
    new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const end = (arrived: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        resolve(arrived);
      };
      const onAbort = () => {
        end(false);
      };
      const look = () => {
        const left = moment - Date.now();
        if (left <= 0) end(true);
        else timer = setTimeout(look, Math.min(left, longestTimer));
      };
      if (signal.aborted) resolve(false);
      else {
        signal.addEventListener('abort', onAbort);
        look();
      }
    }),
};
