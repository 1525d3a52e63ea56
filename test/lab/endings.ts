/** What has to be ended, in the order in which it was begun. */
export type Endings = (() => Promise<unknown>)[];

/**
 * Ends everything, the last begun first, each one whatever became of those before it.
 * @throws the error of the first that failed, once all have been tried.
 */
export async function endAll(endings: Endings): Promise<void> {
  const errors: unknown[] = [];
  for (const end of endings.toReversed()) await end().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
