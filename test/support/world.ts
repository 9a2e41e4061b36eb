import { type Jwks, startJwks } from './keys.js';
import { type HeraldNode, startEmbeddedNode, startNode, type Variables } from './node.js';
import { postgresDatabase, type RedisServer, startRedis } from './servers.js';

/** What a test of behaviour needs that is the same on one node and on many. */
export interface World {
  nodes: readonly [HeraldNode, HeraldNode];
  tokenOf: (userId: string, roles?: string[]) => Promise<string>;
  stop: () => Promise<void>;
}

/** Two nodes over one Redis and one Postgres; with variables beside those that say where these are. */
export async function deployed(further: Variables = {}): Promise<World & { redis: RedisServer; variables: Variables }> {
  const [jwks, redis]: [Jwks, RedisServer] = await Promise.all([startJwks(), startRedis()]);
  const variables = {
    DATABASE_URL: await postgresDatabase(),
    KEYCLOAK_JWKS_URL: jwks.url,
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    RUN_JOBS: 'false',
    ...further,
  };
  const nodes = await Promise.all([startNode(variables), startNode(variables)]);
  return {
    nodes,
    redis,
    variables,
    tokenOf: (userId, roles = []) => jwks.sign(userId, { claims: { realm_access: { roles } } }),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all([jwks.stop(), redis.stop()]);
    },
  };
}

/** One node on embedded defaults, which plays both parts. */
export async function embedded(): Promise<World> {
  const node = await startEmbeddedNode();
  return { nodes: [node, node], tokenOf: (userId, roles) => node.tokenFor(userId, { roles }), stop: () => node.stop() };
}
