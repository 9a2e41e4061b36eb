/** Pending questions to other processes, each with a number and a deadline. */
export class Questions<Answer> {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private lastNumber = 0;

  constructor(private readonly deadlineMs: number) {}

  /**
   * @param send sends the question with its number
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

  /** Settles the question of an answer; ignores late answers. */
  answer(number: number, answer: Answer): void {
    this.waiting.get(number)?.(answer);
  }
}
