/** Query keys of the API's answers. */
export const keys = {
  organizations: ['organizations'] as const,
  organization: (orgId: string) => ['organization', orgId] as const,
  members: (orgId: string) => ['members', orgId] as const,
  resources: (orgId: string) => ['resources', orgId] as const,
  resource: (orgId: string, id: string) => ['resource', orgId, id] as const,
  comments: (orgId: string, resourceId: string) => ['comments', orgId, resourceId] as const,
  /** Prefixes of the above keys that an organization's events invalidate. */
  ofEvents: (orgId: string) => ['members', 'resources', 'resource', 'comments'].map((name) => [name, orgId]),
  /** Filled by the page, not by a request. */
  events: (orgId: string) => ['events', orgId] as const,
  export: (orgId: string, id: string) => ['export', orgId, id] as const,
  connections: (filter: object) => ['connections', filter] as const,
};
