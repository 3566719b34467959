import { fileURLToPath } from "node:url";
import { getCallSites } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { makeOutputsOnDemand } from "./outputs-on-demand.ts";

/**
 * Builds the program's resources and hands them to the engine without what the SDK does for its own debugging, and without outputs that nobody reads:
 *
 * - a stack trace of each output, as text that source maps were looked up for and that stays in memory. Node runs our sources as they stand, so no map is
 *   needed. What our own constructors throw still says where; only an error inside an `apply` does not.
 * - messages to the engine, one call after another, which it drops unless `--debug` was said.
 * - the whole call stack of each resource, which the engine parses and keeps in the state. The place where it is made is told, and no frame above it.
 * - {@link makeOutputsOnDemand outputs} of properties that nobody asks for.
 *
 * Together more than half of the program's time and memory (`npm run bench:preview`). `COINFLEET_SDK_DEBUG=1` brings all of them back.
 */
export function withLeanSdk<T>(program: () => T): T {
  if (process.env["COINFLEET_SDK_DEBUG"] === "1") return program();
  Object.assign(pulumi.log, { debug: () => Promise.resolve() });
  Object.assign(pulumi.Resource, { callsites: nearestCallSites });
  makeOutputsOnDemand();
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

/** Between a resource's maker and here: the SDK's `stackTrace`, `Resource` and `CustomResource` or `ComponentResource`, and the resource's own class. */
const framesToMaker = 6;

/** What the SDK's own `callsites` gives, of as many frames as it takes to find the maker of a resource. */
function nearestCallSites(): readonly { readonly file: string; readonly line: number; readonly column: number }[] {
  return getCallSites(framesToMaker).map(({ scriptName, lineNumber, columnNumber }) => ({
    file: scriptName.startsWith("file:") ? fileURLToPath(scriptName) : scriptName,
    line: lineNumber,
    column: columnNumber,
  }));
}
