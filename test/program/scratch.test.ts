import { recordProgram, stackConfig } from "./record-program.ts";
import { describeResources } from "./golden.ts";
it("scratch", async function () {
  this.timeout(60000);
  const config: any = structuredClone(stackConfig("sandbox"));
  config["coinfleet:fleet"].nodes = { litecoin: config["coinfleet:fleet"].nodes.litecoin };
  const { resources, outputs } = await recordProgram("sandbox", config, "scratch.ts");
  console.log(describeResources(resources), outputs);
});
