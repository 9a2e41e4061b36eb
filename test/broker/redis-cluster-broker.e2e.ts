import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { userChannel } from '../../src/realtime/broker/channel.js';
import { startCluster } from '../support/servers.js';
import { until } from '../../src/realtime/testing/until.js';
import { brokerContract } from './broker.contract.js';
import { message, redisProcess, texts } from './broker-process.js';

brokerContract('RedisBroker in a cluster of three masters', async () => {
  const cluster = await startCluster(3);
  return {
    process: () => redisProcess({ REDIS_CLUSTER_NODES: cluster.nodes }),
    stop: () => cluster.stop(),
  };
});

describe('a cluster configured by the address of one node', () => {
  it('accepts publications, including those with an expected generation', async () => {
    const behind = await startCluster(1);
    const [master] = behind.masters;
    if (master === undefined) throw new Error('The cluster has no master');
    const process = await redisProcess({ REDIS_HOST: master.host, REDIS_PORT: String(master.port) });
    try {
      const channel = userChannel.of(randomUUID());
      await process.broker.subscribe(channel);
      for (const text of ['a', 'b']) {
        await process.broker.publishAll([message(channel, text)], await process.broker.generation());
      }
      await until(() => process.received.length === 2);
      expect(texts(process.received)).toEqual(['a', 'b']);
    } finally {
      process.stop();
      await behind.stop();
    }
  });
});
