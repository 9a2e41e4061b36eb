export const RETENTION_QUEUE = 'notification-retention';
