/** What a mistake on the command line is called; the message names the flag. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
