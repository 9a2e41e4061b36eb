import { MemoryBroker } from '../../src/realtime/broker/memory-broker.js';
import { brokerContract } from './broker.contract.js';
import { LIMITS, listen } from './broker-process.js';

brokerContract('MemoryBroker', () =>
  Promise.resolve({
    process: () => Promise.resolve(listen(new MemoryBroker(LIMITS))),
    stop: () => Promise.resolve(),
  }),
);
