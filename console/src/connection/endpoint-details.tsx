import type { ConnectionState } from '@herald/client';
import { type Endpoint, useConnection, useConnectionState } from '@herald/client/react';
import { RefreshCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { CopyButton } from '../ui/copy-button.js';
import { Time, useNow } from '../ui/time.js';
import { closeSentence, statusLabel, statusTone } from './describe-connection.js';

/** The details of one connection, and a button to reconnect. */
export function EndpointDetails({ title, endpoint }: { title: string; endpoint: Endpoint }) {
  const state = useConnectionState(endpoint);
  return (
    <section className="endpoint" aria-label={title}>
      <div className="endpoint-head">
        <h3 className="truncate">{title}</h3>
        <Badge tone={statusTone(state.status)}>{statusLabel(state.status)}</Badge>
      </div>
      <dl className="facts">
        {state.retryAt !== undefined && <Fact name="Retrying in">{<Countdown until={state.retryAt} />}</Fact>}
        <Fact name="Latency">
          {state.latency === undefined ? 'not measured yet' : `${Math.round(state.latency)} ms`}
        </Fact>
        <Fact name="Reconnects">{state.reconnects}</Fact>
        {state.expiresAt !== undefined && (
          <Fact name="Token expires">
            <Time value={state.expiresAt} />
          </Fact>
        )}
        {state.connectionId !== undefined && <Id name="Connection" value={state.connectionId} />}
        <Id name="Cursor" value={state.cursor} />
        {state.closed !== undefined && <Fact name="Last disconnect">{closeSentence(state.closed)}</Fact>}
      </dl>
      <ReconnectButton endpoint={endpoint} status={state.status} />
    </section>
  );
}

/** Disabled once the connection is closed for good. */
function ReconnectButton({ endpoint, status }: { endpoint: Endpoint; status: ConnectionState['status'] }) {
  const reconnect = useReconnect(endpoint);
  return (
    <Button
      icon={<RefreshCw size={14} aria-hidden="true" />}
      disabled={status === 'closed' || status === 'connecting'}
      onClick={reconnect}
    >
      Reconnect now
    </Button>
  );
}

/** Holding the notifications' connection here costs nothing: the bell keeps it anyway. */
function useReconnect(endpoint: Endpoint): () => void {
  const notifications = useConnection('notifications');
  const events = useConnection(endpoint === 'notifications' ? null : endpoint);
  return () => (events ?? notifications).reconnect();
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="wrap">{children}</dd>
    </div>
  );
}

function Id({ name, value }: { name: string; value: string | undefined }) {
  if (value === undefined) return <Fact name={name}>none yet</Fact>;
  return (
    <Fact name={name}>
      <span className="row">
        <code className="truncate" title={value}>
          {value}
        </code>
        <CopyButton text={value} what={name.toLowerCase()} />
      </span>
    </Fact>
  );
}

function Countdown({ until }: { until: number }) {
  const seconds = Math.max(0, Math.ceil((until - useNow(1_000)) / 1_000));
  return <>{seconds} s</>;
}
