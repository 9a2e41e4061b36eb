// For `node --import`: sets the intervals in `HERALD_TIMINGS` (JSON) in a built Herald that is about to start.
import { TIMINGS } from '../../dist/bundle/config/environment.js';

Object.assign(TIMINGS, JSON.parse(process.env.HERALD_TIMINGS));
