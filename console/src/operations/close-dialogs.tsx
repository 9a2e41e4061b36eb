import { useQueryClient } from '@tanstack/react-query';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import { path } from '../api/path.js';
import type { ConnectionRecord } from '../api/types.js';
import { ConfirmDialog } from '../ui/confirm-dialog.js';
import { isolated } from '../ui/isolated.js';
import { useToast } from '../ui/toasts.js';

const KIND = keys.connections({})[0];

/** Closes one connection with 4001. */
export function CloseConnectionDialog({ connection, onClose }: { connection: ConnectionRecord; onClose: () => void }) {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  const { connection_id, user_id, endpoint } = connection;
  return (
    <ConfirmDialog
      title="Close this connection?"
      about={`Disconnects ${isolated(user_id)} from ${endpoint}. The client may reconnect.`}
      confirm="Close connection"
      onClose={onClose}
      run={async () => {
        await api.send('DELETE', path`/realtime/connections/${connection_id}`);
        await client.invalidateQueries({ queryKey: [KIND] });
        toast({ title: `A connection of ${isolated(user_id)} was closed`, tone: 'ok' });
      }}
    />
  );
}

/** Closes all connections of a user, on every node. */
export function DisconnectUserDialog({ userId, onClose }: { userId: string; onClose: () => void }) {
  const api = useApi();
  const client = useQueryClient();
  const toast = useToast();
  return (
    <ConfirmDialog
      title={`Disconnect ${isolated(userId)}?`}
      about="Closes all their connections, on every node. Their clients may reconnect: to keep someone out, end their session at the identity provider first."
      confirm="Disconnect user"
      onClose={onClose}
      run={async () => {
        await api.send('POST', path`/realtime/users/${userId}/disconnect`);
        await client.invalidateQueries({ queryKey: [KIND] });
        toast({ title: `${isolated(userId)} was disconnected`, tone: 'ok' });
      }}
    />
  );
}
