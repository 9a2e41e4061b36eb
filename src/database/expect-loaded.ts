/**
 * For subscribers that tell of each row, before an update or removal. One by criteria doesn't know which rows it changes, so
 * nobody could be told of them.
 *
 * @throws {Error} if the row was not loaded
 */
export function expectLoaded({ databaseEntity }: { databaseEntity?: object }, entity: { name: string }): void {
  if (databaseEntity !== undefined) return;
  throw new Error(
    `${entity.name}: an update or delete by criteria tells nobody of the rows it changes; ` +
      'load them, and use save or remove',
  );
}
