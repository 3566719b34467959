import { join } from "node:path";
import { describeConformance } from "@coinfleet/testkit";
import { coins } from "../../coins/index.ts";

const root = join(import.meta.dirname, "../..");
const files = { root, coins: join(root, "coins"), golden: join(root, "test/golden"), recordings: join(root, "test/fixtures") };

describe("conformance", () => {
  for (const coin of Object.values(coins)) describeConformance(coin, files);
});
