export default async function tearDown() {
  await globalThis.sharedPostgres?.stop();
}
