/**
 * What a delivery costs: Herald beside a loop over the clients of `ws`, Nest's own `WsAdapter`, and Socket.IO with its Redis
 * adapter. Each round starts a new process of each server in turn and measures everything about it, so that a slow phase of
 * the machine affects all of them. All servers check the same tokens; only Herald checks memberships, too, and keeps history.
 * With `--quick` there is one short round, and `RESULTS.md` is left as it is.
 */
import { CrowdProcess } from './delivery/crowd-process.js';
import { linesOf, missedGoals, resultsOf, type Visits } from './delivery/report.js';
import { FULL, QUICK, visit } from './delivery/visit.js';
import { openWorld } from './delivery/world.js';
import { writeResults } from './results.js';

/** @returns whether the goals were reached */
export async function run(print: (line: string) => void, { quick = false } = {}): Promise<boolean> {
  const plan = quick ? QUICK : FULL;
  const { peers, tokens, close } = await openWorld();
  const crowd = await CrowdProcess.start();
  try {
    // A first process translates its TypeScript, which takes memory that later ones don't need.
    for (const peer of peers) await (await peer.start()).stop();
    const visits: Visits = { herald: [], ws: [], nest: [], socketIo: [] };
    for (let round = 0; round < plan.rounds; round += 1) {
      // The order changes from round to round.
      const inTurn = [...peers.slice(round % peers.length), ...peers.slice(0, round % peers.length)];
      for (const peer of inTurn) {
        const measured = await visit(peer, crowd, tokens, plan);
        visits[peer.name].push(measured);
        for (const line of linesOf(peer.name, measured)) print(line);
      }
    }
    const results = resultsOf(visits);
    for (const line of results) print(line);
    if (!quick) await writeResults('delivery', results);
    const missed = missedGoals(visits);
    for (const goal of missed) print(`Missed: ${goal}`);
    return missed.length === 0;
  } finally {
    await crowd.stop();
    await close();
  }
}
