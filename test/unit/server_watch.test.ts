import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerWatch } from '../../lib/jobs/run/server_watch.js';
import { XRootDError } from '../../lib/xrdcl/index.js';
import { keepingLogger } from '../support/archive.js';

const context = { operation: 'ping', target: 'root://host' };
const silent = () => Promise.reject(XRootDError.of('SocketTimeout', 'silence', context));
const refused = () =>
  Promise.reject(new XRootDError({ status: 1, code: 400, errNo: 3010, message: 'no' }, context));
const fine = () => Promise.resolve();
/** Seconds. */
const patience = { between: 0.01, ping: 1, again: 0.01, gone: 0.1 };

/** @param answers to pings in turn; the last one to all that follow */
function watched(answers: (() => Promise<void>)[]) {
  const stop = new AbortController();
  const { logger, lines } = keepingLogger();
  let pings = 0;
  const pingApart = () => {
    const answer = answers[Math.min(pings, answers.length - 1)];
    pings += 1;
    return answer?.() ?? fine();
  };
  const watch = new ServerWatch({ ping: fine, pingApart }, stop, logger, patience);
  return { watch, stop, lines, pings: () => pings };
}

describe('the watch over the server while a job runs', () => {
  it('ends the job once no ping was answered for the time, with the error of the last', async () => {
    const { watch, stop, lines } = watched([fine, silent]);
    const began = performance.now();
    await watch.watch(AbortSignal.timeout(10_000));
    assert.ok(performance.now() - began >= patience.gone * 1000);
    const reason: unknown = stop.signal.reason;
    assert.ok(reason instanceof XRootDError && reason.code === 'SocketTimeout');
    assert.deepEqual(
      lines.map(({ level, message }) => `${level} ${message}`),
      ["warn the server doesn't answer: ping root://host: silence [SocketTimeout, XrdCl 103]"],
    );
  });

  it('goes on when the server answers again in time, however often', async () => {
    const { watch, stop, lines, pings } = watched([
      ...Array.from({ length: 10 }, () => [silent, fine]).flat(),
      fine,
    ]);
    const ended = new AbortController();
    const watching = watch.watch(ended.signal);
    while (pings() < 21) await sleep(5);
    ended.abort();
    await watching;
    assert.equal(stop.signal.aborted, false);
    assert.equal(lines.filter(({ message }) => message === 'the server answers again').length, 10);
  });

  it('one ping that fails late is asked again: a machine that slept has lost no server', async () => {
    const late = async () => {
      await sleep(patience.gone * 2000);
      await silent();
    };
    const { watch, stop, pings } = watched([late, fine]);
    const ended = new AbortController();
    const watching = watch.watch(ended.signal);
    while (pings() < 3) await sleep(5);
    ended.abort();
    await watching;
    assert.equal(stop.signal.aborted, false);
  });

  it('takes a refusal for an answer', async () => {
    const { watch, stop, pings } = watched([refused]);
    const ended = new AbortController();
    const watching = watch.watch(ended.signal);
    while (pings() < 30) await sleep(5);
    ended.abort();
    await watching;
    assert.equal(stop.signal.aborted, false);
  });

  it('ends with its job, also while a ping is open', async () => {
    const ended = new AbortController();
    const open = () => {
      ended.abort();
      return new Promise<void>((resolve) => setTimeout(resolve, 50));
    };
    const { watch, stop, lines } = watched([open, silent]);
    await watch.watch(ended.signal);
    assert.equal(stop.signal.aborted, false);
    assert.deepEqual(lines, []);
  });
});
