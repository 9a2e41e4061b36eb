/** The node's connections on both endpoints plus its subscriptions. */
export async function countConnections(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counts = [...metrics.matchAll(/^herald_(?:connections\{[^}]*\}|subscriptions) (\d+)$/gm)];
  if (counts.length !== 3) throw new Error(`Not the gauges that were expected: ${counts.join(', ')}`);
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}
