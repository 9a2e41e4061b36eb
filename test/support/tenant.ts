import { ApiClient } from './api-client.js';
import { DocumentedApi } from './documented-api.js';
import { ExampleWorld } from './example-world.js';
import type { Herald } from './herald.js';

/** An organization with an owner and plain members. */
export interface Tenant {
  orgId: string;
  resourceId: string;
  owner: ApiClient;
  member: ApiClient;
  ownerId: string;
  memberId: string;
  /** Its contents, created by the owner on demand. */
  world: ExampleWorld;
}

/** Creates a tenant. Tenants use equal names for everything; only user ids have the prefix, except bob, who is in all. */
export async function settle(node: Herald, prefix: string): Promise<Tenant> {
  const [ownerId, memberId] = [`${prefix}-owner`, `${prefix}-member`];
  const founder = new ApiClient(node.url, await node.tokenFor(ownerId), '');
  const world = new ExampleWorld(node, await DocumentedApi.of(node), founder, [memberId, 'bob']);
  const { org_id: orgId = '', id: resourceId = '' } = await world.idsIn('/api/v1/orgs/{org_id}/resources/{id}');
  const [owner, member] = [await node.api(ownerId), await node.api(memberId)];
  return { orgId, resourceId, owner, member, ownerId, memberId, world };
}
