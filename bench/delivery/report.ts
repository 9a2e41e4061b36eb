import { table } from '../results.js';
import { percentile } from '../statistics.js';
import type { PeerName } from './dialects.js';
import { BUSY_PER_SECOND, CALM_PER_SECOND, MANY, type Measurement, type Metric, SOME, type Visit } from './visit.js';

/** More of a core than this, and what produces or takes the events may be what is measured. */
const MAX_LOAD = 0.8;
const MARK = ' †';

export const TITLES: Readonly<Record<PeerName, string>> = {
  herald: 'Herald',
  ws: '`ws`',
  nest: 'Nest’s `WsAdapter`',
  socketIo: 'Socket.IO',
};
const NAMES = Object.keys(TITLES) as PeerName[];

/** Each server's visits, one a round. */
export type Visits = Readonly<Record<PeerName, Visit[]>>;

interface Row {
  metric: Metric;
  what: string;
  show: (value: number) => string;
  goal: string;
  isKept: (medians: Record<PeerName, number>) => boolean;
}

const micros = (value: number): string => `${value.toFixed(2)} µs`;
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const kb = (value: number): string => `${value.toFixed(1)} KB`;
const thousands = (value: number): string => (Math.round(value / 1_000) * 1_000).toLocaleString('en');
const [some, many] = [SOME, MANY].map((count) => `${count.toLocaleString('en')} members`);

const ROWS: readonly Row[] = [
  {
    metric: 'cpuToSome',
    what: `8 events in flight to ${some}: CPU of a delivery`,
    show: micros,
    goal: '1.3 µs, 1/4 of `ws`, 1/5 of Socket.IO',
    isKept: ({ herald, ws, socketIo }) => herald <= 1.3 && herald <= ws / 4 && herald <= socketIo / 5,
  },
  { metric: 'rateToSome', what: 'the same: deliveries a second', show: thousands, goal: '', isKept: () => true },
  {
    metric: 'cpuToMany',
    what: `8 events in flight to ${many}: CPU of a delivery`,
    show: micros,
    goal: '2.0 µs',
    isKept: ({ herald }) => herald <= 2,
  },
  { metric: 'rateToMany', what: 'the same: deliveries a second', show: thousands, goal: '', isKept: () => true },
  {
    metric: 'calmP50',
    what: `${CALM_PER_SECOND} events a second to ${some}: latency, p50`,
    show: ms,
    goal: '1.3 × `ws`',
    isKept: ({ herald, ws }) => herald <= 1.3 * ws,
  },
  {
    metric: 'calmP99',
    what: 'the same: p99',
    show: ms,
    goal: '1.3 × `ws`',
    isKept: ({ herald, ws }) => herald <= 1.3 * ws,
  },
  {
    metric: 'busyP99',
    what: `${BUSY_PER_SECOND} events a second to ${some}: latency, p99`,
    show: ms,
    goal: '0.5 × `ws`',
    isKept: ({ herald, ws }) => herald <= 0.5 * ws,
  },
  {
    metric: 'memory',
    what: 'Memory of an idle connection',
    show: kb,
    goal: '11.5 KB',
    isKept: ({ herald }) => herald <= 11.5,
  },
  {
    metric: 'cpuOfPing',
    what: 'A client’s ping: CPU',
    show: micros,
    goal: '0.7 × `ws`',
    isKept: ({ herald, ws }) => herald <= 0.7 * ws,
  },
];

/** The lines of the table and what they mean. */
export function resultsOf(visits: Visits): string[] {
  const rows = ROWS.map((row) => [
    row.what,
    ...NAMES.map((name) =>
      cell(
        visits[name].map((visit) => visit[row.metric]),
        row,
      ),
    ),
    row.goal,
  ]);
  return [
    ...table(['', ...NAMES.map((name) => TITLES[name]), 'Goal'], rows),
    '',
    'The median of the rounds, with the lowest and the highest.',
    ...(rows.some((row) => row.some((text) => text.endsWith(MARK)))
      ? [
          '',
          `${MARK.trim()} The load generator used more than ${MAX_LOAD * 100} % of a core, and may have been what was measured.`,
        ]
      : []),
  ];
}

/** The goals that Herald missed. */
export function missedGoals(visits: Visits): string[] {
  const missed = ROWS.filter(({ metric, isKept }) => {
    const medians = NAMES.map((name) => [name, medianOf(visits[name].map((visit) => visit[metric]))] as const);
    return !isKept(Object.fromEntries(medians) as Record<PeerName, number>);
  });
  return missed.map(({ what, goal }) => `${what}: ${goal}`);
}

/** A visit in one line, and a warning where the load generator was busy. */
export function linesOf(name: PeerName, visit: Visit): string[] {
  const values = ROWS.map(({ metric, show }) => `${metric} ${show(visit[metric].value)}`);
  const busy = ROWS.filter(({ metric }) => visit[metric].load > MAX_LOAD);
  const warnings = busy.map(({ metric }) => `${metric} at ${(visit[metric].load * 100).toFixed(0)} %`);
  return [
    `${TITLES[name]}: ${values.join(', ')}`,
    ...(warnings.length > 0 ? [`  Warning: the load generator was busy: ${warnings.join(', ')} of a core`] : []),
  ];
}

function cell(measurements: readonly Measurement[], { show }: Row): string {
  const values = measurements.map(({ value }) => value);
  const spread = values.length > 1 ? ` (${show(Math.min(...values))} to ${show(Math.max(...values))})` : '';
  const mark = measurements.some(({ load }) => load > MAX_LOAD) ? MARK : '';
  return `${show(medianOf(measurements))}${spread}${mark}`;
}

function medianOf(measurements: readonly Measurement[]): number {
  return percentile(
    measurements.map(({ value }) => value),
    0.5,
  );
}
