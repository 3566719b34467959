import { Fleet, withLeanSdk, type AgentDigest, type PrepareImage } from "@coinfleet/aws";
import { agentSourceDigest, linkDockerConfig, prepareImage as prepareIn } from "@coinfleet/build";
import { readStack } from "@coinfleet/config";
import { readAcceptances } from "@coinfleet/policy";
import { coins } from "./coins/index.ts";

// The stack file says which coins this environment runs; the coins say what that takes. Every mistake is told here, before anything is made.
const { place, spec, fleet } = readStack(coins);

// An agent carries its coin's own sync check, so each coin's agent is an image of its own, moved like a release.
const agentDigest: AgentDigest = (coin, architecture) => agentSourceDigest(import.meta.dirname, coin, architecture);

// A gate asks what the scan of an image has found; here is who answers for one all the same.
const acceptanceOf = readAcceptances();

// Releases are fetched and verified outside docker, when an image is really built and never in a preview.
const prepareImage: PrepareImage = (image, say) => prepareIn(import.meta.dirname, image, say);

// Images are pushed with the logins that docker itself has.
const dockerConfig = linkDockerConfig(import.meta.dirname, process.env);

// Keys, network, alerts, images; then each group as a chain of nodes: volume, settings, host, gate.
const made = withLeanSdk(() => new Fleet("fleet", { place, spec, fleet, acceptanceOf, agentDigest, prepareImage, dockerConfig }));

export const { nodes, images, machineImages, dashboards, topics } = made;
