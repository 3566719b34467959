import * as pulumi from "@pulumi/pulumi";
import debuggable from "@pulumi/pulumi/runtime/debuggable.js";

/** What the SDK calls the four promises of a property. */
const ofProperty = /^transfer(Property|IsStable|IsSecret|Deps)\(/;

/**
 * Builds the program's resources and hands them to the engine without what the SDK does for its own debugging, per resource and per property:
 *
 * - a stack trace of each property, as text that source maps were looked up for and that stays in memory. Node runs our sources as they stand, so no map is
 *   needed. What our own constructors throw still says where; only an error inside an `apply` does not.
 * - messages to the engine, one call after another, which it drops unless `--debug` was said.
 * - a watch over four promises of each property. Registrations are still watched: one that never ends still fails the run.
 *
 * Together more than half of the program's time and memory (`npm run bench:preview`). `COINFLEET_SDK_DEBUG=1` brings all of them back.
 */
export function withoutSdkDebugging<T>(program: () => T): T {
  if (process.env["COINFLEET_SDK_DEBUG"] === "1") return program();
  Object.assign(pulumi.log, { debug: () => Promise.resolve() });
  leavePropertiesUnwatched();
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

/** The SDK calls its watch through its module, so that another one can take its place. Without a watch of that name there is nothing to leave out. */
function leavePropertiesUnwatched(): void {
  const watch: unknown = Reflect.get(debuggable, "debuggablePromise");
  if (typeof watch !== "function") return;
  const debuggablePromise = (promise: unknown, context: unknown): unknown =>
    typeof context === "string" && ofProperty.test(context) ? promise : Reflect.apply(watch, undefined, [promise, context]);
  Object.assign(debuggable, { debuggablePromise });
}
