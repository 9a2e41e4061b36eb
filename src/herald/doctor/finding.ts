/** `skipped` could not be checked, `warning` works but may cause trouble, `broken` does not work. */
export type Verdict = 'ok' | 'skipped' | 'warning' | 'broken';

/** The result of a check, in sentences; unless `ok`, includes what to do. */
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
