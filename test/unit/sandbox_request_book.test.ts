import assert from 'node:assert/strict';
import { RequestBook } from '../../lib/sandbox/request_book.js';

const now = new Date();

describe('the stage requests that the sandbox knows', () => {
  it('one that was cancelled is gone, and its file with it when nobody else asked', () => {
    const book = new RequestBook();
    assert.equal(book.add('1', '/f', now), true);
    assert.equal(book.add('2', '/f', now), false);
    assert.equal(book.cancel('1', '/f'), false);
    assert.equal(book.of('/f')?.waiting, true);
    assert.equal(book.cancel('2', '/f'), true);
    assert.equal(book.of('/f'), undefined);
  });

  it('a cancel that comes first cancels all the same, and only that request', () => {
    const book = new RequestBook();
    assert.equal(book.cancel('1', '/f'), false);
    assert.equal(book.add('1', '/f', now), false);
    assert.equal(book.of('/f'), undefined);
    assert.equal(book.add('2', '/f', now), true);
  });

  it('lets in as many as may wait for a file, until it comes or one is cancelled', () => {
    const book = new RequestBook();
    assert.deepEqual(
      ['1', '2', '3'].map((id) => book.admit(id, '/f', 2)),
      [true, true, false],
    );
    assert.equal(book.admit('3', '/g', 2), true);
    for (const id of ['1', '2']) book.add(id, '/f', now);
    book.cancel('1', '/f');
    assert.deepEqual(
      ['3', '4'].map((id) => book.admit(id, '/f', 2)),
      [true, false],
    );
    book.done('/f');
    assert.equal(book.admit('4', '/f', 2), true);
  });

  it('those that came after the eviction was asked for are not forgotten with it', () => {
    const book = new RequestBook();
    const asked = new Date(now.getTime() + 1);
    book.add('1', '/f', now);
    book.done('/f');
    assert.equal(book.add('2', '/f', asked), true);
    book.forget('/f', asked);
    assert.deepEqual([...(book.of('/f')?.requests.keys() ?? [])], ['2']);
    assert.equal(book.of('/f')?.waiting, true);
  });

  it('each keeps its file until that is evicted as often', () => {
    const book = new RequestBook();
    assert.equal(book.unpin('/f'), true);
    for (const id of ['1', '2']) book.add(id, '/f', now);
    book.done('/f');
    assert.deepEqual([book.unpin('/f'), book.unpin('/f')], [false, true]);
    book.forget('/f', new Date(now.getTime() + 1));
    book.add('3', '/f', now);
    assert.equal(book.unpin('/f'), true);
  });
});
