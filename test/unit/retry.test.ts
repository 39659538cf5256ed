import assert from 'node:assert/strict';
import { retrying } from '../../lib/jobs/run/retry.js';
import { XRootDError } from '../../lib/xrdcl/index.js';

const config = { retryAttempts: 3, retryDelaySeconds: 0, retryMaxDelaySeconds: 0 };
const refused = (code: number, errNo = 0) =>
  new XRootDError({ status: 1, code, errNo, message: 'no' }, { operation: 'stat', target: 'root://host//f' });
/** errSocketTimeout, which may pass; errInvalidArgs, which can't. */
const passing = refused(102);
const lasting = refused(303);

interface Tried {
  attempts: number[];
  retries: [attempt: number, retriesLeft: number][];
  failures: number;
  outcome: Promise<string>;
}

function tried(errors: readonly unknown[], signal?: AbortSignal): Tried {
  const seen: Tried = { attempts: [], retries: [], failures: 0, outcome: Promise.resolve('') };
  const task = (attempt: number) => {
    seen.attempts.push(attempt);
    const error = errors[attempt - 1];
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what a task throws is the table's
    return error === undefined ? Promise.resolve(`done at ${attempt}`) : Promise.reject(error);
  };
  const onRetry = (error: XRootDError, attempt: number, retriesLeft: number) => {
    assert.equal(error, errors[attempt - 1]);
    seen.retries.push([attempt, retriesLeft]);
  };
  seen.outcome = retrying({ config, onRetry, signal }, task, () => (seen.failures += 1));
  return seen;
}

describe('retrying', () => {
  it('tries again what may pass, as often as allowed, and numbers the attempts', async () => {
    for (let bad = 0; bad <= config.retryAttempts; bad += 1) {
      const seen = tried(Array.from({ length: bad }, () => passing));
      if (bad < config.retryAttempts) assert.equal(await seen.outcome, `done at ${bad + 1}`);
      else await assert.rejects(seen.outcome, passing);
      const attempts = Math.min(bad + 1, config.retryAttempts);
      assert.deepEqual(
        seen.attempts,
        Array.from({ length: attempts }, (_, i) => i + 1),
      );
      assert.equal(seen.failures, bad);
      assert.deepEqual(
        seen.retries,
        Array.from({ length: attempts - 1 }, (_, i) => [i + 1, config.retryAttempts - 1 - i]),
      );
    }
  });

  it('tries once what another attempt cannot mend', async () => {
    for (const error of [lasting, new TypeError('a mistake of ours')]) {
      const seen = tried([error]);
      await assert.rejects(seen.outcome, error);
      assert.deepEqual(seen.attempts, [1]);
      assert.equal(seen.failures, 1);
    }
  });

  it('runs nothing once the signal is aborted', async () => {
    const reason = new Error('enough');
    const seen = tried([], AbortSignal.abort(reason));
    await assert.rejects(seen.outcome, reason);
    assert.deepEqual(seen.attempts, []);
  });

  it('an abort between two attempts is the last of them', async () => {
    const ending = new AbortController();
    let attempts = 0;
    const outcome = retrying(
      {
        config: { ...config, retryDelaySeconds: 60, retryMaxDelaySeconds: 60 },
        onRetry: () => undefined,
        signal: ending.signal,
      },
      () => {
        attempts += 1;
        setImmediate(() => {
          ending.abort(new Error('enough'));
        });
        return Promise.reject(passing);
      },
      () => undefined,
    );
    await assert.rejects(outcome, /enough/);
    assert.equal(attempts, 1);
  });
});
