import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BatchedQuestions } from '../../lib/remote/batched_questions.js';

const together = { most: 100, together: 100 };

describe('BatchedQuestions', () => {
  it('asks for what comes in one turn at once, and gives each its answer', async () => {
    const asked: string[][] = [];
    const trouble = new Error('NotAuthorized');
    const questions = new BatchedQuestions<string | null>((names) => {
      asked.push(names);
      return Promise.resolve(names.map((name) => ({ bad: trouble, none: null })[name] ?? name.toUpperCase()));
    }, together);
    const answers = await Promise.allSettled(['a', 'bad', 'b'].map((name) => questions.ask(name, undefined)));
    assert.deepEqual(answers, [
      { status: 'fulfilled', value: 'A' },
      { status: 'rejected', reason: trouble },
      { status: 'fulfilled', value: 'B' },
    ]);
    assert.equal(await questions.ask('c', undefined), 'C');
    assert.deepEqual(asked, [['a', 'bad', 'b'], ['c']]);
  });

  it('never has more on their way than it may, nor more in one question, and answers all', async () => {
    const size = fc.integer({ min: 1, max: 20 });
    await fc.assert(
      fc.asyncProperty(size, size, fc.integer({ min: 1, max: 100 }), async (most, most1, count) => {
        let open = 0;
        const questions = new BatchedQuestions<string>(
          async (names) => {
            open += names.length;
            assert.ok(open <= most && names.length <= most1);
            await new Promise(setImmediate);
            open -= names.length;
            return names;
          },
          { most, together: most1 },
        );
        const names = Array.from({ length: count }, (_, i) => String(i));
        assert.deepEqual(await Promise.all(names.map((name) => questions.ask(name, undefined))), names);
      }),
    );
  });

  it('puts together only what has the same signal; a rejection is everybody’s of that question', async () => {
    const stops = [new AbortController(), new AbortController()];
    const questions = new BatchedQuestions<string>((names, signal) => {
      signal?.throwIfAborted();
      return Promise.resolve(names);
    }, together);
    const answers = Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e'].map((name, index) => questions.ask(name, stops[index < 2 ? 0 : 1]?.signal)),
    );
    stops[1]?.abort(new Error('enough'));
    assert.deepEqual(
      (await answers).map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'],
    );
  });
});
