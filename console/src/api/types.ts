/** The API's answers, as in the contract. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export const ORG_ROLES = ['owner', 'admin', 'member'] as const;
export type OrgRole = (typeof ORG_ROLES)[number];

export interface Organization {
  id: string;
  name: string;
  /** The signed-in user's role. */
  role: OrgRole;
  created_at: string;
  updated_at: string;
}

export interface Member {
  user_id: string;
  email: string | null;
  role: OrgRole;
  joined_at: string;
}

export const SENSITIVITIES = ['public', 'normal', 'confidential'] as const;
export type Sensitivity = (typeof SENSITIVITIES)[number];

/** A resource as lists and events carry it. */
export interface ResourceSummary {
  id: string;
  name: string;
  sensitivity: string;
  created_at: string;
  updated_at: string;
}

export interface Resource extends ResourceSummary {
  org_id: string;
  description: string | null;
}

export interface Comment {
  id: string;
  resource_id: string;
  author: string;
  body: string;
  created_at: string;
}

export type ExportFormat = 'csv' | 'json';

export interface Export {
  id: string;
  status: 'queued' | 'running' | 'completed' | 'failed';
  progress: number;
  action_url: string | null;
  error: string | null;
}

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A live connection on any node. */
export interface ConnectionRecord {
  connection_id: string;
  user_id: string;
  endpoint: 'notifications' | 'events';
  org_id: string | null;
  node: string;
  connected_at: string;
  expires_at: string;
  remote_address: string;
  sent: number;
  sent_bytes: number;
  buffered_bytes: number;
}
