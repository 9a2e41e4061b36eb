import type { Herald } from './herald.js';
import { until } from '../../src/realtime/testing/until.js';

/** The value of a sample such as `herald_resumes_total{result="complete"}`; 0 if there is none. */
export async function sample({ url }: { url: string }, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}

/** How many requests the node has refused before their handshake for this reason. */
export function refused(node: { url: string }, reason: string): Promise<number> {
  return sample(node, `herald_refusals_total{reason="${reason}"}`);
}

/** Resolves when a node is healthy and keeps no state of disconnected clients. */
export async function leavesNothing(node: Herald): Promise<void> {
  await until(async () => {
    const text = await (await fetch(`${node.url}/metrics`)).text();
    const held = /^herald_(?:admissions|subscriptions|connections\{.*\}) [^0]/m.exec(text);
    return held === null && (await node.isHealthy());
  });
}
