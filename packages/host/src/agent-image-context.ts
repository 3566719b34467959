import type { Architecture } from "@coinfleet/sdk";
import { digestOf, shortDigest } from "./digest.ts";
import { agentUser } from "./host-paths.ts";
import { install, type ImageContext } from "./image-context.ts";

/** Node without its compilers and with small spaces: a sixth less memory for each node of the fleet, for a process that mostly waits. */
export const agentNodeOptions: readonly string[] = ["--lite-mode", "--v8-pool-size=0", "--max-semi-space-size=1"];

/** What {@link renderAgentImageContext} is given. */
export interface AgentImageContextOptions {
  readonly coin: string;
  readonly base: string;
  readonly architecture: Architecture;
  /** Digest of the sources of the agent, of the coin's module and of Node. */
  readonly sourceDigest: string;
}

/**
 * The agent's image. The context also needs `node` (the Node 24 binary), `agent.js` and `coin.js` (bundles), which `packages/build` puts there.
 * It runs as `run` (the default) on the host's network, and as `restore` beside an empty data directory.
 */
export function renderAgentImageContext({ coin, base, architecture, sourceDigest }: AgentImageContextOptions): ImageContext {
  const dockerfile = [
    `FROM ${base}`,
    // Node unpacks gzip and zstd itself, and calls these for the other formats of snapshots.
    ...install(["xz-utils", "lz4"]),
    "RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} +",
    "COPY node /usr/local/bin/node",
    // From here on each coin has layers of its own.
    "COPY package.json agent.js coin.js /app/",
    `USER ${agentUser}`,
    "WORKDIR /app",
    `ENTRYPOINT ${JSON.stringify(["/usr/local/bin/node", ...agentNodeOptions, "/app/agent.js"])}`,
    'CMD ["run", "--config", "/etc/coinfleet/config.json"]',
    "",
  ].join("\n");
  const files = { Dockerfile: dockerfile, "package.json": `${JSON.stringify({ type: "module" })}\n` };
  const digest = digestOf({ files, architecture, sourceDigest });
  return { files, digest, tag: `${coin}-${shortDigest(digest)}-${architecture}` };
}
