/** What waits for an answer. */
interface Waiting<K, V> {
  key: K;
  resolve: (value: V) => void;
  reject: (error: unknown) => void;
}

/**
 * Asks one question for many: what is asked for while others are answered goes into the next question. So few ask at once, and
 * a crowd costs few round trips.
 */
export class Batches<K, V> {
  private waiting: Waiting<K, V>[] = [];
  private running = 0;

  /**
   * @param ask resolves with an answer for each key, in the given order; if it fails, it fails for all of them
   * @param atOnce how many questions are asked at a time, so that one slow question does not hold up the rest
   * @param most how many keys a question has at most
   */
  constructor(
    private readonly ask: (keys: readonly K[]) => Promise<readonly V[]>,
    private readonly atOnce = 4,
    private readonly most = 200,
  ) {}

  /** @throws what asking throws */
  answerTo(key: K): Promise<V> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    if (this.waiting.length === 0 || this.running >= this.atOnce) return;
    const some = this.waiting.slice(0, this.most);
    this.waiting = this.waiting.slice(this.most);
    this.running += 1;
    void this.answer(some).finally(() => {
      this.running -= 1;
      this.next();
    });
  }

  /** Never rejects. */
  private async answer(some: readonly Waiting<K, V>[]): Promise<void> {
    try {
      const answers = await this.ask(some.map(({ key }) => key));
      if (answers.length !== some.length) throw new Error(`Got ${answers.length} answers to ${some.length} questions`);
      for (const [n, { resolve }] of some.entries()) {
        // There are as many as keys; a value may itself be undefined.
        resolve(answers[n] as V);
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}
