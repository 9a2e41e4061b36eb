/** A property of the system did not hold. */
export class ModelViolation extends Error {
  override readonly name = 'ModelViolation';
}

/** How many lines a failure shows. */
const SHOWN = 120;

/** A trace of what happened, and the first violation. */
export class Record {
  violation: ModelViolation | null = null;
  private readonly lines: string[] = [];
  private readonly start = performance.now();

  note(line: string): void {
    this.lines.push(`${((performance.now() - this.start) / 1_000).toFixed(3).padStart(8)} ${line}`);
    if (this.lines.length > 2 * SHOWN) this.lines.splice(0, SHOWN);
  }

  /** For code that is not awaited: the next `check` throws. */
  violate(message: string): void {
    this.note(`VIOLATION ${message}`);
    this.violation ??= new ModelViolation(message);
  }

  /** @throws {ModelViolation} if there was a violation */
  check(): void {
    if (this.violation !== null) throw this.violation;
  }

  /** The last lines. */
  tail(): string {
    return this.lines.slice(-SHOWN).join('\n');
  }
}
