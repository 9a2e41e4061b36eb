/** Questions to other processes that are under way: each has a number, and an end to its patience. */
export class Questions<Answer> {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private lastNumber = 0;

  constructor(private readonly deadlineMs: number) {}

  /**
   * @param send brings the question on its way, with its number
   * @returns null if there is no answer in time
   */
  async ask(send: (number: number) => void): Promise<Answer | null> {
    this.lastNumber += 1;
    const number = this.lastNumber;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer | null>((resolve) => {
        timer = setTimeout(() => resolve(null), this.deadlineMs);
        this.waiting.set(number, resolve);
        send(number);
      });
    } finally {
      clearTimeout(timer);
      this.waiting.delete(number);
    }
  }

  /** An answer has come; too late, it is nobody's any more. */
  answer(number: number, answer: Answer): void {
    this.waiting.get(number)?.(answer);
  }
}
