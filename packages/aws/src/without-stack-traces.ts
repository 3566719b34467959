/**
 * Builds the program's resources, then stops recording stack traces while the engine takes them.
 *
 * The SDK records one for every property of every resource: half the time of a preview of 1,000 resources (25 s against 13 s, test/bench). Our own
 * constructors have run by then, so what they throw still says where; only an error inside an `apply` does not. `COINFLEET_STACK_TRACES=1` brings those back.
 */
export function withoutStackTraces<T>(program: () => T): T {
  const made = program();
  if (process.env["COINFLEET_STACK_TRACES"] !== "1") Error.stackTraceLimit = 0;
  return made;
}
