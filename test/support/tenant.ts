import type { ApiClient } from './api-client.js';
import type { Herald } from './herald.js';
import { until } from './until.js';

/** An organization with somebody in every role, and one of everything that can be in it. */
export interface Tenant {
  orgId: string;
  resourceId: string;
  /** The owner's, and completed. */
  exportId: string;
  owner: ApiClient;
  member: ApiClient;
  ownerId: string;
  memberId: string;
}

/** Founds one. All are called the same and hold things of the same names; their users begin with `prefix`. */
export async function settle(node: Herald, prefix: string): Promise<Tenant> {
  const [ownerId, memberId] = [`${prefix}-owner`, `${prefix}-member`];
  const [owner, member] = [await node.api(ownerId), await node.api(memberId)];
  const orgId = String((await owner.post('/orgs', { name: 'Acme' })).body.id);
  await owner.post(`/orgs/${orgId}/members`, { user_id: memberId });
  const resource = await owner.post(`/orgs/${orgId}/resources`, { name: 'Quarterly report' });
  const resourceId = String(resource.body.id);
  await owner.post(`/orgs/${orgId}/resources/${resourceId}/comments`, { body: 'Well done' });
  const exported = await owner.post(`/orgs/${orgId}/exports`, { format: 'csv' });
  const exportId = String(exported.body.id);
  await until(async () => (await owner.get(`/orgs/${orgId}/exports/${exportId}`)).body.status === 'completed');
  return { orgId, resourceId, exportId, owner, member, ownerId, memberId };
}
