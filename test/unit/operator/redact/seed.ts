/** The seed of a test that draws its cases: from REDACT_SEED, else new in every run. It stands in the test's title. */
export function seedOf(context: Mocha.Context): number {
  const given = process.env['REDACT_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  if (context.test !== undefined) context.test.title += ` (REDACT_SEED=${seed})`;
  return seed;
}
