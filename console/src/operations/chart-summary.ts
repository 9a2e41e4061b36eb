import type { ChartPoint, Series } from './chart-card.js';

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** Describes a chart for screen readers: the range of each line. */
export function rangesOf(points: readonly ChartPoint[], series: readonly Series[], unit: string): string {
  const sentences = series.flatMap(({ key, name }) => {
    const values = points.map((point) => point[key]).filter((value) => typeof value === 'number');
    if (values.length === 0) return [];
    const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => NUMBER.format(value));
    return [`${name}: from ${least} to ${most}${unit === '' ? '' : ` ${unit}`}.`];
  });
  return sentences.join(' ');
}
