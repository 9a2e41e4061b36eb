const RUNS = 5;

/** How long something takes, as a rule, in milliseconds with one digit behind the point. The first run does not count. */
export async function medianMs(run: () => Promise<unknown>): Promise<number> {
  await run();
  const times: number[] = [];
  for (let n = 0; n < RUNS; n += 1) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  const median = times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
  return Math.round(median * 10) / 10;
}
