import type { ReactNode } from 'react';
import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { rangesOf } from './chart-summary.js';
import type { Point } from './node-metrics.js';

export interface Series {
  key: 'connections' | 'deliveries' | 'median' | 'p95' | 'everywhere';
  name: string;
  color: string;
  /** Distinguishes the line without colour. */
  isDashed?: boolean;
}

export type ChartPoint = Point & { everywhere?: number | null };

interface ChartCardProps {
  title: string;
  /** The nodes that the numbers cover. */
  scope: string;
  /** The latest value, in words. */
  now: string;
  unit: string;
  points: readonly ChartPoint[];
  series: readonly Series[];
  /** Shown instead of a chart without data. */
  empty: ReactNode;
}

const CLOCK = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const HEIGHT = 168;

/** A metric over the last minutes, with its latest value. */
export function ChartCard({ title, scope, now, unit, points, series, empty }: ChartCardProps) {
  const hasData = points.filter((point) => series.some(({ key }) => typeof point[key] === 'number')).length > 1;
  const summary = `${title}, ${scope}: now ${now}. ${rangesOf(points, series, unit)}`.trim();
  return (
    <figure className="card chart" aria-label={title}>
      <figcaption className="chart-head">
        <div>
          <h2>{title}</h2>
          <p className="faint small">{scope}</p>
        </div>
        <p className="chart-now">{now}</p>
      </figcaption>
      <div role="img" aria-label={summary} className="chart-plot">
        {hasData ? <Plot points={points} series={series} unit={unit} /> : <p className="chart-empty">{empty}</p>}
      </div>
      {series.length > 1 && (
        <ul className="chart-legend">
          {series.map(({ key, name, color, isDashed }) => (
            <li key={key}>
              <span style={{ color }} data-dashed={isDashed} />
              {name}
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}

function Plot({ points, series, unit }: Pick<ChartCardProps, 'points' | 'series' | 'unit'>) {
  return (
    <ResponsiveContainer width="100%" height={HEIGHT}>
      <AreaChart data={[...points]} margin={{ top: 8, right: 8, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid stroke="var(--border)" vertical={false} />
        <XAxis
          dataKey="at"
          type="number"
          domain={['dataMin', 'dataMax']}
          tickFormatter={(at: number) => CLOCK.format(at)}
          tick={{ fill: 'var(--text-faint)', fontSize: 11 }}
          axisLine={false}
          tickLine={false}
          minTickGap={48}
        />
        <YAxis
          width={40}
          allowDecimals={unit !== ''}
          tickFormatter={(value: number) => NUMBER.format(value)}
          tick={{ fill: 'var(--text-faint)', fontSize: 11 }}
          axisLine={false}
          tickLine={false}
          domain={[0, 'auto']}
          tickCount={4}
        />
        <Tooltip
          isAnimationActive={false}
          labelFormatter={(at) => (typeof at === 'number' ? CLOCK.format(at) : '')}
          formatter={(value) => (typeof value === 'number' ? `${NUMBER.format(value)} ${unit}` : '')}
          contentStyle={{
            border: 0,
            borderRadius: 8,
            background: 'var(--surface-raised)',
            boxShadow: 'var(--shadow-l)',
            fontSize: 12,
          }}
          itemStyle={{ color: 'var(--text)', padding: 0 }}
          labelStyle={{ color: 'var(--text-muted)' }}
        />
        {series.map(({ key, name, color, isDashed }) => (
          <Area
            key={key}
            dataKey={key}
            name={name}
            type={key === 'connections' || key === 'everywhere' ? 'stepAfter' : 'linear'}
            stroke={color}
            strokeWidth={2}
            strokeDasharray={isDashed === true ? '6 4' : undefined}
            fill={color}
            fillOpacity={0.1}
            dot={false}
            connectNulls
            isAnimationActive={false}
          />
        ))}
      </AreaChart>
    </ResponsiveContainer>
  );
}
