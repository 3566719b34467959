// mocha's spec reporter that also leaves its counts where tools/test can add them up.
import { writeFileSync } from "node:fs";

import Mocha from "mocha";

export default class SummaryReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      if (process.env.COINFLEET_TEST_SUMMARY)
        writeFileSync(process.env.COINFLEET_TEST_SUMMARY, JSON.stringify({ passes, failures, pending }));
    });
  }
}
