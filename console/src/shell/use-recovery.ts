import { useConnection, useConnectionState } from '@herald/client/react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

/** After a reconnect, retries failed queries, and refetches everything if frames were missed. */
export function useRecovery(): void {
  const client = useQueryClient();
  const connection = useConnection('notifications');
  const isConnected = useConnectionState('notifications').status === 'connected';

  useEffect(() => {
    if (isConnected) void client.refetchQueries({ predicate: ({ state }) => state.status === 'error' });
  }, [isConnected, client]);
  useEffect(() => connection.on('refetch', () => void client.invalidateQueries()), [connection, client]);
}
