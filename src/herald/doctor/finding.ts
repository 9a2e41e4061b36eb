/** How it is with one thing: `skipped` could not be looked at, `warning` works but will surprise, `broken` does not work. */
export type Verdict = 'ok' | 'skipped' | 'warning' | 'broken';

/** What a check has found, in sentences: where it is not `ok`, also what to do. */
export interface Finding {
  verdict: Verdict;
  subject: string;
  text: string;
}

/** Makes the findings of one subject. */
export function findingsOf(subject: string): Record<Verdict, (text: string) => Finding> {
  const finding = (verdict: Verdict) => (text: string) => ({ verdict, subject, text });
  return { ok: finding('ok'), skipped: finding('skipped'), warning: finding('warning'), broken: finding('broken') };
}
