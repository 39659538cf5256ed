import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { request } from '../../lib/xrdcl/request.js';
import { XRootDError } from '../../lib/index.js';

/** libXrdCl 5.5.3's threads can wait for each other for ever; then it ends no request, not even by timeout. */
describe('a request that libXrdCl never ends', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  const context = { operation: 'stat', target: 'root://somewhere' };
  const never = () => 0;

  it('fails 10 s after its timeout, as when a server is silent', async () => {
    const failures: unknown[] = [];
    const answer = request(context, { signal: undefined, timeout: 5 }, never).catch((error: unknown) => {
      failures.push(error);
    });
    mock.timers.tick(14_999);
    await Promise.resolve();
    assert.equal(failures.length, 0);
    mock.timers.tick(1);
    await answer;
    const [failed] = failures;
    assert.ok(failed instanceof XRootDError);
    assert.equal(failed.code, 'SocketTimeout');
    assert.ok(failed.isConnectionFailure);
    assert.match(failed.message, /libXrdCl has not ended the request in its time/);
  });

  it('ends at once when it is aborted, and one that is answered is not ended again', async () => {
    const stop = new AbortController();
    const answer = request(context, { signal: stop.signal, timeout: 5 }, never);
    stop.abort(new Error('stopped'));
    await assert.rejects(answer, /stopped/);
    const good = await request<string>(context, { signal: undefined, timeout: 5 }, (done) => {
      done(undefined, 'yes', false);
      return 0;
    });
    mock.timers.tick(60_000);
    assert.equal(good, 'yes');
  });
});
