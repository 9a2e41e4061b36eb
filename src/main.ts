import { runProcess } from './run-process.js';
import { startServer } from './server.js';

await runProcess(startServer);
