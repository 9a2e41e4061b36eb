import { startWorker } from './job-worker.js';
import { runProcess } from './run-process.js';

await runProcess(startWorker);
