import { ageMs } from './event.js';

/** What all members of the crowd have received since `begin`. */
export class Tally {
  frames = 0;
  /** Of the sampled members, in milliseconds. */
  latencies: number[] = [];
  private isSampling = false;
  /** After how many frames to report, and how many there are when the next report is due. */
  private step = Infinity;
  private due = Infinity;

  /** @param report called after each event that has reached all members */
  constructor(private readonly report: (frames: number) => void) {}

  /** @param members how many members receive each event */
  begin(members: number, isSampling: boolean): void {
    this.frames = 0;
    this.latencies = [];
    this.isSampling = isSampling;
    this.step = this.due = members;
  }

  add(): void {
    this.frames += 1;
    if (this.frames < this.due) return;
    this.due += this.step;
    this.report(this.frames);
  }

  sample(bytes: Buffer, start: number, end: number): void {
    if (!this.isSampling) return;
    const age = ageMs(bytes, start, end);
    if (age !== null) this.latencies.push(age);
  }
}
