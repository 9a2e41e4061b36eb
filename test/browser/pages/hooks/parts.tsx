import { type ReactNode, useEffect, useState } from 'react';
import {
  type Endpoint as EndpointName,
  useConnectionState,
  useNotification,
  useNotifications,
  useOrgEvents,
  usePresence,
} from '@herald/client/react';

/** A part of the page, whose values the test reads as JSON. */
function Part({ name, values, children }: { name: string; values: object; children?: ReactNode }) {
  return (
    <section data-part={name}>
      <output>{JSON.stringify(values)}</output>
      {children}
    </section>
  );
}

export function Inbox({ name, limit }: { name: string; limit: number }) {
  const { items, error, loadMore, markRead, markAllRead, remove, reload, ...rest } = useNotifications({ limit });
  const list = items.map(({ title, read_at }) => (read_at === null ? title : `${title} (read)`));
  const problem = error && { status: error.status, title: error.title, detail: error.detail };
  return (
    <Part name={name} values={{ ...rest, items: list, error: problem }}>
      {items.map(({ id, title }) => (
        <p key={id}>
          <button onClick={() => void markRead(id)}>{`Read ${title}`}</button>
          <button onClick={() => void remove(id)}>{`Remove ${title}`}</button>
        </p>
      ))}
      <button onClick={() => void markAllRead()}>Read all</button>
      <button onClick={() => void loadMore()}>More</button>
      <button onClick={() => void reload()}>Reload</button>
    </Part>
  );
}

/** Every notification that arrived, including repetitions. */
export function Toasts() {
  const [titles, setTitles] = useState<string[]>([]);
  useNotification(({ title }) => setTitles((before) => [...before, title]));
  return <Part name="toasts" values={{ titles }} />;
}

export function Endpoint({ name, endpoint }: { name: string; endpoint: EndpointName }) {
  const state = useConnectionState(endpoint);
  return <Part name={name} values={state} />;
}

export function Events({ orgId }: { orgId: string }) {
  const [heard, setHeard] = useState<unknown[]>([]);
  const [refetches, setRefetches] = useState(0);
  const { events } = useOrgEvents(orgId, {
    types: ['test.numbered'],
    onEvent: ({ data }) => setHeard((before) => [...before, data.n]),
    onRefetch: () => setRefetches((before) => before + 1),
  });
  return <Part name="events" values={{ newest: events.map(({ data }) => data.n), heard, refetches }} />;
}

export function Presence({ orgId }: { orgId: string }) {
  const { members, status, error } = usePresence(orgId);
  return (
    <Part name="presence" values={{ users: members.map(({ user_id }) => user_id), status, error: error?.title }} />
  );
}

export function Counter() {
  useEffect(() => {
    window.effects += 1;
  }, []);
  return null;
}
