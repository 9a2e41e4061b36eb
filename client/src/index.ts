export type { OrgEvents, Notifications } from './catalogue.js';
