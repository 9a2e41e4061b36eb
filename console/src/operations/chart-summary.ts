import type { ChartPoint, Series } from './chart-card.js';

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** What a chart shows, for who does not see it: how low and how high each of its lines goes. */
export function rangesOf(points: readonly ChartPoint[], series: readonly Series[], unit: string): string {
  const sentences = series.flatMap(({ key, name }) => {
    const values = points.map((point) => point[key]).filter((value) => typeof value === 'number');
    if (values.length === 0) return [];
    const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => NUMBER.format(value));
    return [`${name}: from ${least} to ${most}${unit === '' ? '' : ` ${unit}`}.`];
  });
  return sentences.join(' ');
}
