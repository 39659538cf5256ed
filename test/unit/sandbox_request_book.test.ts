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
});
