/**
 * For subscribers that publish changes of each row; call it before an update or removal. An update or delete by criteria doesn't
 * know which rows it changes, so nothing could be published.
 *
 * @throws {Error} if the row was not loaded
 */
export function expectLoaded({ databaseEntity }: { databaseEntity?: object }, entity: { name: string }): void {
  if (databaseEntity !== undefined) return;
  throw new Error(
    `${entity.name}: an update or delete by criteria publishes nothing about the rows it changes; ` +
      'load them, and use save or remove',
  );
}
