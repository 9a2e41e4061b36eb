import { TriangleAlert } from 'lucide-react';
import type { List } from '../api/api.js';
import type { ConnectionRecord } from '../api/types.js';
import { ChartCard, type Series } from './chart-card.js';
import { useConnectionHistory } from './connection-history.js';
import { countOf } from './connections.js';
import { useNodeMetrics } from './use-node-metrics.js';

const THIS_NODE = 'of the node that serves this page';
const BLUE = 'var(--chart-1)';
const GREEN = 'var(--chart-2)';
const ORANGE = 'var(--chart-3)';

const CONNECTIONS: readonly Series[] = [
  { key: 'everywhere', name: 'All nodes', color: BLUE },
  { key: 'connections', name: 'This node', color: GREEN, isDashed: true },
];
const DELIVERIES: readonly Series[] = [{ key: 'deliveries', name: 'Deliveries', color: BLUE }];
const LATENCY: readonly Series[] = [
  { key: 'p95', name: '95 % of the messages', color: ORANGE },
  { key: 'median', name: 'Half of the messages', color: BLUE, isDashed: true },
];

/** The last minutes in three charts. Only the number of connections is known of all nodes. */
export function Charts({ connections }: { connections: List<ConnectionRecord> | undefined }) {
  const { points, error } = useNodeMetrics();
  const withTotals = useConnectionHistory(points, connections?.items.length);
  const last = points.at(-1);
  const lastDelivery = points.findLast(({ p95 }) => p95 !== null);
  const waiting = error === null ? 'Collecting…' : 'Nothing to draw: /metrics can’t be read.';
  return (
    <>
      {error !== null && (
        <div className="notice" data-tone="warn" role="status">
          <TriangleAlert size={16} aria-hidden="true" />
          <div>
            <strong>/metrics can’t be read</strong>, so these charts stand still ({error.message}). A proxy may keep it
            from browsers: let it through for operators, or look at your Prometheus. The list below works without.
          </div>
        </div>
      )}
      <div className="charts">
        <ChartCard
          title="Connections"
          scope="of all nodes, and of the one that serves this page"
          now={connections === undefined ? '–' : countOf(connections)}
          unit=""
          points={withTotals}
          series={CONNECTIONS}
          empty={waiting}
        />
        <ChartCard
          title="Deliveries per second"
          scope={THIS_NODE}
          now={last?.deliveries == null ? '–' : last.deliveries.toFixed(1)}
          unit="/s"
          points={points}
          series={DELIVERIES}
          empty={waiting}
        />
        <ChartCard
          title="Latency, commit to socket"
          scope={THIS_NODE}
          now={lastDelivery?.p95 == null ? '–' : `${lastDelivery.p95.toFixed(1)} ms`}
          unit="ms"
          points={points}
          series={LATENCY}
          empty={error === null ? 'No messages yet. The first ones that are delivered show here.' : waiting}
        />
      </div>
    </>
  );
}
