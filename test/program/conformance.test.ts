import { join } from "node:path";
import { describeConformance } from "@coinfleet/testkit";
import { coins } from "../../coins/index.ts";

const test = join(import.meta.dirname, "..");

describe("conformance", () => {
  for (const coin of Object.values(coins)) describeConformance(coin, { golden: join(test, "golden"), recordings: join(test, "fixtures") });
});
