/** One line of the Prometheus text format. */
export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? ([^ ]+)(?: \d+)?$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Parses the Prometheus text format. Lines that aren't samples (help, types, unknown ones) are skipped. */
export function parsePrometheus(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const match = LINE.exec(line);
    if (match === null) return [];
    const [, name = '', labels = '', value = ''] = match;
    return [{ name, labels: parseLabels(labels), value: numberOf(value) }];
  });
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(LABEL)) labels[name] = value.replace(/\\(.)/g, '$1');
  return labels;
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}

/** The sum over all labels; null if there is no such metric. */
export function sumOf(samples: readonly Sample[], name: string): number | null {
  const found = samples.filter((sample) => sample.name === name);
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
}

/** Cumulative counts of a histogram by upper bound. */
export type Buckets = ReadonlyMap<number, number>;

export function bucketsOf(samples: readonly Sample[], histogram: string): Buckets {
  const buckets = samples.filter(({ name }) => name === `${histogram}_bucket`);
  return new Map(buckets.map(({ labels, value }) => [numberOf(labels.le ?? ''), value]));
}

/**
 * The quantile of the observations between two readings, interpolated linearly within a bucket. Null if there were none.
 */
export function quantile(share: number, before: Buckets, after: Buckets): number | null {
  const counts = [...after]
    .map(([bound, count]) => ({ bound, count: count - (before.get(bound) ?? 0) }))
    .sort((a, b) => a.bound - b.bound);
  const total = counts.at(-1)?.count ?? 0;
  if (total <= 0) return null;

  const rank = share * total;
  let low = { bound: 0, count: 0 };
  for (const bucket of counts) {
    if (bucket.count >= rank && bucket.count > low.count) {
      // The distance beyond the last bound is unknown.
      if (bucket.bound === Infinity) return low.bound;
      return low.bound + ((rank - low.count) / (bucket.count - low.count)) * (bucket.bound - low.bound);
    }
    low = bucket;
  }
  return low.bound;
}
