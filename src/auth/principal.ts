export type { Principal } from '../realtime/index.js';

/** The realm role that may notify, alert and disconnect anyone. */
export const REALTIME_ADMIN_ROLE = 'realtime-admin';
