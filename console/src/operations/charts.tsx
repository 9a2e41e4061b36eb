import { TriangleAlert } from 'lucide-react';
import type { List } from '../api/api.js';
import type { ConnectionRecord } from '../api/types.js';
import { ChartCard, type Series } from './chart-card.js';
import { useConnectionHistory } from './connection-history.js';
import { countOf } from './connections.js';
import { useNodeMetrics } from './use-node-metrics.js';

const THIS_NODE = 'this node';
const BLUE = 'var(--chart-1)';
const GREEN = 'var(--chart-2)';
const ORANGE = 'var(--chart-3)';

const CONNECTIONS: readonly Series[] = [
  { key: 'everywhere', name: 'All nodes', color: BLUE },
  { key: 'connections', name: 'This node', color: GREEN, isDashed: true },
];
const DELIVERIES: readonly Series[] = [{ key: 'deliveries', name: 'Deliveries', color: BLUE }];
const LATENCY: readonly Series[] = [
  { key: 'p95', name: 'p95', color: ORANGE },
  { key: 'median', name: 'Median', color: BLUE, isDashed: true },
];

/** The last minutes in three charts. Only the number of connections covers all nodes. */
export function Charts({ connections }: { connections: List<ConnectionRecord> | undefined }) {
  const { points, error } = useNodeMetrics();
  const withTotals = useConnectionHistory(points, connections?.items.length);
  const last = points.at(-1);
  const lastDelivery = points.findLast(({ p95 }) => p95 !== null);
  const waiting = error === null ? 'Collecting…' : 'No data: can’t read /metrics.';
  return (
    <>
      {error !== null && (
        <div className="notice" data-tone="warn" role="status">
          <TriangleAlert size={16} aria-hidden="true" />
          <div>
            <strong>Can’t read /metrics</strong>, so these charts aren’t updating ({error.message}). A proxy may be
            blocking it: allow it for operators, or use your Prometheus. The list below still works.
          </div>
        </div>
      )}
      <div className="charts">
        <ChartCard
          title="Connections"
          scope="all nodes and this node"
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
          empty={error === null ? 'No messages delivered yet.' : waiting}
        />
      </div>
    </>
  );
}
