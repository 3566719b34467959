/**
 * Builds the program's resources and hands them to the engine with short stack traces, then with none.
 *
 * The SDK records a trace for every property of every resource, as text that source maps were looked up for and that stays in memory: half the time of a
 * preview of 1,000 resources, and a third of its memory (`npm run bench:preview`). Node runs our sources as they stand, so no map is needed. What our own
 * constructors throw still says where; only an error inside an `apply` does not. `COINFLEET_STACK_TRACES=1` brings all of them back.
 */
export function withoutStackTraces<T>(program: () => T): T {
  if (process.env["COINFLEET_STACK_TRACES"] === "1") return program();
  const { prepareStackTrace } = Error;
  Reflect.deleteProperty(Error, "prepareStackTrace");
  Error.stackTraceLimit = 1;
  try {
    return program();
  } finally {
    Error.stackTraceLimit = 0;
    if (prepareStackTrace !== undefined) Error.prepareStackTrace = prepareStackTrace;
  }
}
