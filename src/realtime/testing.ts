export { connectAs, type ConnectedClient } from './testing/connect-as.js';
export { flushOutbox } from './testing/flush-outbox.js';
export { type RecordedMessage, RecordingBroadcastService } from './testing/recording-broadcast.service.js';
export { TcpProxy } from './testing/tcp-proxy.js';
export {
  closeAllClients,
  connect,
  type ConnectOptions,
  type Frame,
  openSocket,
  TestClient,
} from './testing/test-client.js';
export { testUsers } from './testing/test-users.js';
export { UpgradeRefusedError } from './testing/upgrade-refused.js';
export { until } from './testing/until.js';
