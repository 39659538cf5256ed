import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ArchiveEvent, ArchiveEventOf } from '../../lib/jobs/events/events.js';
import { parseSchedule } from '../../lib/rules/schedule.js';
import { systemClock } from '../../lib/service/clock.js';
import { Service, type ServiceDuties } from '../../lib/service/service.js';
import { FakeClock, settled } from '../support/fake_clock.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Watched {
  clock: FakeClock;
  service: Service;
  events: ArchiveEvent[];
  /** Where each pass began and ended. */
  passes: { job: string; began: number; ended?: number }[];
}

/** A service whose passes take as long as is said, by its own clock; it fails the test if two run at once. */
function watched(
  cron: string,
  start: string,
  { zone = 'UTC', minutes = 0, ...duties }: Partial<ServiceDuties> & { zone?: string; minutes?: number } = {},
): Watched {
  const clock = new FakeClock(Date.parse(start));
  const [events, passes]: [ArchiveEvent[], Watched['passes']] = [[], []];
  const pass = async (job: string, signal: AbortSignal) => {
    assert.ok(
      passes.every(({ ended }) => ended !== undefined),
      'two passes at once',
    );
    const now: Watched['passes'][number] = { job, began: clock.now() };
    passes.push(now);
    await clock.until(now.began + minutes * MINUTE, signal);
    now.ended = clock.now();
  };
  const service = new Service({
    jobs: () => [{ job: 'backup', schedule: parseSchedule(cron, zone) }],
    leads: () => Promise.resolve(true),
    pass,
    emit: (event) => void events.push(event),
    clock,
    ...duties,
  });
  return { clock, service, events, passes };
}

function began({ passes }: Watched): string[] {
  return passes.map((pass) => new Date(pass.began).toISOString().slice(5, 16));
}

function told<T extends ArchiveEvent['type']>({ events }: Watched, type: T): ArchiveEventOf<T>[] {
  return events.filter((event): event is ArchiveEventOf<T> => event.type === type);
}

describe('the service', () => {
  it('makes one pass on each day of a year, also when clocks change', async () => {
    const year = watched('30 1 * * *', '2026-01-01T00:00Z', { zone: 'Europe/London', minutes: 40 });
    await year.clock.run(Date.parse('2027-01-01T00:00Z'));
    const days = began(year).map((moment) => moment.slice(0, 5));
    assert.equal(days.length, 365);
    assert.equal(new Set(days).size, 365);
    assert.deepEqual(
      began(year).filter((moment) => /^(03-(28|29|30)|10-(24|25|26))/.test(moment)),
      ['03-28T01:30', '03-29T01:00', '03-30T00:30', '10-24T00:30', '10-25T00:30', '10-26T01:30'],
    );
    await year.service.stop(0);
  });

  it('makes a pass in each hour of a year', async () => {
    const year = watched('0 * * * *', '2026-01-01T00:30Z', { zone: 'Europe/London', minutes: 20 });
    await year.clock.run(Date.parse('2027-01-01T00:30Z'));
    assert.equal(year.passes.length, 365 * 24);
    assert.ok(
      year.passes.every(({ began: at }, i) => i === 0 || at - (year.passes[i - 1]?.began ?? 0) === HOUR),
    );
    await year.service.stop(0);
  });

  it('lets the next pass wait for one that outlasts its slot, and makes up for no other', async () => {
    const slow = watched('0 * * * *', '2026-06-01T09:30Z', { minutes: 200 });
    await slow.clock.run(Date.parse('2026-06-01T16:50Z'));
    assert.deepEqual(began(slow), ['06-01T10:00', '06-01T13:20', '06-01T16:40']);
    assert.deepEqual(
      told(slow, 'pass:scheduled').map(({ at, late }) => [at.slice(11, 16), late]),
      [
        ['10:00', false],
        ['13:20', true],
        ['16:40', true],
      ],
    );
    await slow.service.stop(0);
  });

  it('makes one pass for all slots that a machine slept through', async () => {
    const asleep = watched('0 * * * *', '2026-06-01T09:30Z');
    await settled();
    asleep.clock.set(Date.parse('2026-06-01T19:10Z'));
    await asleep.clock.run(Date.parse('2026-06-01T20:30Z'));
    assert.deepEqual(began(asleep), ['06-01T19:10', '06-01T20:00']);
    await asleep.service.stop(0);
  });

  it('makes no second pass for a slot that comes again because the clock was put back', async () => {
    const back = watched('0 * * * *', '2026-06-01T09:30Z');
    await back.clock.run(Date.parse('2026-06-01T10:01Z'));
    back.clock.set(Date.parse('2026-06-01T09:50Z'));
    await back.clock.run(Date.parse('2026-06-01T11:30Z'));
    assert.deepEqual(began(back), ['06-01T10:00', '06-01T11:00']);
    await back.service.stop(0);
  });

  it('goes on after a pass that failed, and tells', async () => {
    const error = Object.assign(new Error('the cache has gone'), { code: 'ENOENT', errno: -2 });
    const failing = watched('0 * * * *', '2026-06-01T09:30Z', { pass: () => Promise.reject(error) });
    await failing.clock.run(Date.parse('2026-06-01T11:30Z'));
    const expected = {
      type: 'pass:failed',
      job: 'backup',
      code: 'ENOENT',
      errno: 2,
      message: 'the cache has gone',
    };
    // Each failed pass has the id under which it was announced.
    const [first, second] = told(failing, 'pass:scheduled').map(({ jobId }) => jobId);
    assert.ok(first !== second);
    assert.deepEqual(told(failing, 'pass:failed'), [
      { ...expected, jobId: first },
      { ...expected, jobId: second },
    ]);
    await failing.service.stop(0);
  });

  it('makes no pass while another one leads, and asks again in each slot', async () => {
    const answers = [false, false, true];
    const standby = watched('0 * * * *', '2026-06-01T09:30Z', {
      leads: () => Promise.resolve(answers.shift() ?? true),
    });
    await standby.clock.run(Date.parse('2026-06-01T13:30Z'));
    assert.deepEqual(began(standby), ['06-01T12:00', '06-01T13:00']);
    await standby.service.stop(0);
  });

  it('takes a new schedule at once, from now on', async () => {
    let schedule = parseSchedule('0 3 * * *', 'UTC');
    const changed = watched('', '2026-06-01T02:30Z', { jobs: () => [{ job: 'backup', schedule }] });
    await changed.clock.run(Date.parse('2026-06-01T15:30Z'));
    schedule = parseSchedule('0 * * * *', 'UTC');
    changed.service.reschedule();
    await changed.clock.run(Date.parse('2026-06-01T16:30Z'));
    assert.deepEqual(began(changed), ['06-01T03:00', '06-01T16:00']);
    await changed.service.stop(0);
  });

  it('makes passes of several jobs, each by its own schedule, never two at once', async () => {
    const both = watched('', '2026-06-01T09:30Z', {
      jobs: () => [
        { job: 'backup', schedule: parseSchedule('0 * * * *', 'UTC') },
        { job: 'retention', schedule: parseSchedule('30 10,12 * * *', 'UTC') },
      ],
      minutes: 50,
    });
    await both.clock.run(Date.parse('2026-06-01T12:59Z'));
    const expected = [
      ['backup', '10:00'],
      ['retention', '10:50'],
      ['backup', '11:40'],
      ['backup', '12:30'],
    ];
    const made = both.passes.map(({ job, began: at }) => [job, new Date(at).toISOString().slice(11, 16)]);
    assert.deepEqual(made, expected);
    const scheduled = told(both, 'pass:scheduled').map(({ job, at, late }) => [job, at.slice(11, 16), late]);
    assert.deepEqual(
      scheduled,
      expected.map(([job, at], i) => [job, at, i > 0]),
    );
    await both.service.stop(0);
  });

  it('stops at once between passes', async () => {
    const idle = watched('0 * * * *', '2026-06-01T09:30Z');
    await idle.clock.run(Date.parse('2026-06-01T10:30Z'));
    await idle.service.stop(3600);
    await idle.clock.run(Date.parse('2026-06-01T14:30Z'));
    assert.equal(idle.passes.length, 1);
  });

  it('lets a pass end within the grace time, and begins no other', async () => {
    const ending = watched('0 * * * *', '2026-06-01T09:30Z', { minutes: 90 });
    await ending.clock.run(Date.parse('2026-06-01T10:30Z'));
    const stopped = ending.service.stop(3600);
    await ending.clock.run(Date.parse('2026-06-01T14:30Z'));
    await stopped;
    assert.deepEqual(ending.passes, [
      { job: 'backup', began: Date.parse('2026-06-01T10:00Z'), ended: Date.parse('2026-06-01T11:30Z') },
    ]);
  });

  it('cancels a pass after the grace time; a second stop may shorten it', async () => {
    const cancelled = watched('0 * * * *', '2026-06-01T09:30Z', { minutes: 90 });
    await cancelled.clock.run(Date.parse('2026-06-01T10:30Z'));
    await Promise.all([cancelled.service.stop(3600), cancelled.service.stop(0)]);
    assert.equal(cancelled.passes[0]?.ended, Date.parse('2026-06-01T10:30Z'));
    assert.deepEqual(told(cancelled, 'pass:failed'), []);
  });

  it('tells nothing of a pass that was cancelled while it waited for its lock', async () => {
    const waiting = watched('0 * * * *', '2026-06-01T09:30Z', {
      pass: async (_job, signal) => {
        await once(signal, 'abort');
        signal.throwIfAborted();
      },
    });
    await waiting.clock.run(Date.parse('2026-06-01T10:30Z'));
    await waiting.service.stop(0);
    assert.deepEqual(told(waiting, 'pass:failed'), []);
  });
});

describe('the wall clock', () => {
  it('waits until a moment, and not before', async () => {
    const moment = Date.now() + 30;
    assert.equal(await systemClock.until(moment, new AbortController().signal), true);
    assert.ok(Date.now() >= moment);
  });

  it('stops waiting when it is told to, for ever too', async () => {
    const stop = new AbortController();
    const waits = [
      systemClock.until(Infinity, stop.signal),
      systemClock.until(Date.now() + 1e12, stop.signal),
    ];
    stop.abort();
    assert.deepEqual(await Promise.all(waits), [false, false]);
    assert.equal(await systemClock.until(0, stop.signal), false);
  });
});
