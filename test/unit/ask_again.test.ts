import assert from 'node:assert/strict';
import { askAgain, type Question } from '../../lib/xrdcl/ask_again.js';

/** Questions that are answered by hand, and that know when nobody waits for them any more. */
class Questions {
  readonly open: { answer: (text: string) => void; fail: (error: Error) => void; dropped: boolean }[] = [];
  #wake: () => void = () => undefined;

  readonly ask = (): Question<string> => {
    const question = {
      answer: () => undefined,
      fail: () => undefined,
      dropped: false,
    } as Questions['open'][number];
    const answer = new Promise<string>((resolve, reject) => {
      question.answer = resolve;
      question.fail = reject;
    });
    this.open.push(question);
    this.#wake();
    return { answer, drop: () => (question.dropped = true) };
  };

  async asked(times: number): Promise<void> {
    while (this.open.length < times) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

describe('askAgain', () => {
  const often = { patience: 0.001, most: 3 };

  it('takes the first answer, and ends the others', async () => {
    for (const which of [0, 1, 2]) {
      const questions = new Questions();
      const answer = askAgain(questions.ask, often);
      await questions.asked(3);
      questions.open[which]?.answer('yes');
      assert.equal(await answer, 'yes');
      assert.ok(questions.open.every(({ dropped }) => dropped));
      assert.equal(questions.open.length, 3);
    }
  });

  it('takes the first failure', async () => {
    const questions = new Questions();
    const answer = askAgain(questions.ask, often);
    await questions.asked(2);
    questions.open[0]?.fail(new Error('no such file'));
    await assert.rejects(answer, /no such file/);
    assert.ok(questions.open.every(({ dropped }) => dropped));
  });

  it('asks once where the answer comes in time, and where nobody is impatient', async () => {
    for (const how of [
      { patience: 60, most: 3 },
      { patience: undefined, most: 3 },
      { patience: 0, most: 1 },
    ]) {
      const questions = new Questions();
      const answer = askAgain(questions.ask, how);
      questions.open[0]?.answer('at once');
      assert.equal(await answer, 'at once');
      assert.equal(questions.open.length, 1);
    }
  });
});
