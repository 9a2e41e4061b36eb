import { describe, expect, it } from '@jest/globals';
import { Batches } from './batches.js';

/** Questions that the test answers. */
class Questions {
  readonly asked: (readonly string[])[] = [];
  private readonly open: {
    keys: readonly string[];
    resolve: (answers: string[]) => void;
    reject: (error: Error) => void;
  }[] = [];

  readonly ask = (keys: readonly string[]): Promise<string[]> => {
    this.asked.push(keys);
    return new Promise((resolve, reject) => this.open.push({ keys, resolve, reject }));
  };

  async answer(): Promise<void> {
    const question = this.open.shift();
    question?.resolve(question.keys.map((key) => key.toUpperCase()));
    await new Promise(setImmediate);
  }

  async fail(): Promise<void> {
    this.open.shift()?.reject(new Error('No answer'));
    await new Promise(setImmediate);
  }
}

describe('Batches', () => {
  it('asks at once for a single key, and together for those that come meanwhile', async () => {
    const questions = new Questions();
    const batches = new Batches(questions.ask, 1);
    const all = Promise.all(['a', 'b', 'c'].map((key) => batches.answerTo(key)));
    expect(questions.asked).toEqual([['a']]);
    await questions.answer();
    expect(questions.asked).toEqual([['a'], ['b', 'c']]);
    await questions.answer();
    expect(await all).toEqual(['A', 'B', 'C']);
  });

  it('asks no more questions at a time, and no larger ones, than it may', async () => {
    const questions = new Questions();
    const batches = new Batches(questions.ask, 2, 3);
    const all = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((key) => batches.answerTo(key)));
    expect(questions.asked).toEqual([['a'], ['b']]);
    await questions.answer();
    expect(questions.asked.at(-1)).toEqual(['c', 'd', 'e']);
    for (let n = 0; n < 3; n += 1) await questions.answer();
    expect(questions.asked.at(-1)).toEqual(['f']);
    expect(await all).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
  });

  it('goes on after a question that failed', async () => {
    const questions = new Questions();
    const batches = new Batches(questions.ask, 1);
    const failed = batches.answerTo('a');
    const next = batches.answerTo('b');
    const refused = expect(failed).rejects.toThrow('No answer');
    await questions.fail();
    await refused;
    await questions.answer();
    expect(await next).toBe('B');
  });
});
