export type { Principal } from '../realtime/index.js';

/** The realm role that may notify, alert and disconnect anyone. */
export const REALTIME_ADMIN_ROLE = 'realtime-admin';
/** The realm role of services that may notify and alert anyone. */
export const REALTIME_NOTIFY_ROLE = 'realtime-notify';
