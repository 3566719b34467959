import type { Output } from "../reporter.ts";
import { Reporter } from "../reporter.ts";

/** A reporter whose lines a test can read. */
export function recordingReporter(): { readonly reporter: Reporter; readonly text: () => string } {
  let written = "";
  const output: Output = {
    write: (more) => {
      written += more;
    },
  };
  return { reporter: new Reporter(output), text: () => written };
}
