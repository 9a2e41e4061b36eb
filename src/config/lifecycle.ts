/** Whether this process is about to end. One for the process, so that every door can ask. */
export class Lifecycle {
  private draining = false;

  get isDraining(): boolean {
    return this.draining;
  }

  /** From now on nothing new is taken in. */
  beginDraining(): void {
    this.draining = true;
  }
}
