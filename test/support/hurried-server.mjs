/** A server with the intervals in `HERALD_TIMINGS` (JSON). */
import { runProcess } from '../../dist/bundle/run-process.js';
import { startServer } from '../../dist/bundle/server.js';

await runProcess(startServer, JSON.parse(process.env.HERALD_TIMINGS));
