import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { HeraldProvider } from '@herald/client/react';
import { Counter, Endpoint, Events, Inbox, Presence, Toasts } from './parts.js';
import type { Shown } from './shown.js';

/** A page that shows the hooks' values. Tests choose its parts with `window.show`. */
function App({ shown }: { shown: Shown }) {
  const { url, userId, orgId, share, expiresIn, limit, parts } = shown;
  const getToken = async ({ reason }: { reason: string }): Promise<string> => {
    window.asked.push(reason);
    // The first token may be short-lived; its replacements are not.
    const expires_in = reason === 'expiring' ? undefined : expiresIn;
    const body = JSON.stringify({ user_id: window.tokenOf ?? userId, expires_in });
    const response = await fetch(`${url}/dev/token`, { method: 'POST', body, headers: JSON_TYPE });
    return ((await response.json()) as { access_token: string }).access_token;
  };
  const has = (part: string): boolean => parts.includes(part);
  return (
    <HeraldProvider url={url} userId={userId} getToken={getToken} share={share}>
      {has('inbox') && <Inbox name="inbox" limit={limit} />}
      {has('second inbox') && <Inbox name="second inbox" limit={limit} />}
      {has('toasts') && <Toasts />}
      {has('state') && <Endpoint name="state" endpoint="notifications" />}
      {has('events') && <Events orgId={orgId} />}
      {has('presence') && <Presence orgId={orgId} />}
      {has('org state') && <Endpoint name="org state" endpoint={{ orgId }} />}
      {has('counter') && <Counter />}
    </HeraldProvider>
  );
}

const JSON_TYPE = { 'content-type': 'application/json' };

window.asked = [];
window.effects = 0;
const element = document.getElementById('root');
if (element === null) throw new Error('The page has no root');
const root = createRoot(element);
let shown: Shown | null = null;
window.show = (fields) => {
  // The first call sets every field.
  shown = { ...(shown ?? (fields as Shown)), ...fields };
  root.render(
    <StrictMode>
      <App shown={shown} />
    </StrictMode>,
  );
};
