import { Fleet } from "@coinfleet/aws";
import { agentSourceDigest } from "@coinfleet/build";
import { readStack } from "@coinfleet/config";
import litecoin from "@coinfleet/coin-litecoin";
const { place, spec, fleet } = readStack({ litecoin } as never);
const made = new Fleet("fleet", { place, spec, fleet, agentDigest: (coin, architecture) => agentSourceDigest(import.meta.dirname, coin, architecture) });
export const { nodes, images, machineImages, dashboards, topics } = made;
