import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { renderAgentImageContext, renderImageContext } from "@coinfleet/host";
import type { Architecture, ResolvedGroup } from "@coinfleet/sdk";
import { Image } from "./image.ts";
import type { Place } from "./place.ts";
import { Registry } from "./registry.ts";

export interface ImagesArgs {
  readonly place: Place;
  readonly keyArn: pulumi.Input<string>;
  /** Base image of every image. */
  readonly base: string;
  readonly groups: readonly ResolvedGroup[];
  readonly agentDigest: AgentDigest;
}

/** Digest of everything that goes into the agent of a coin. Reads sources, so the program hands it in. */
export type AgentDigest = (coin: string, architecture: Architecture) => string;

/** An image that some group runs, before it exists. */
interface Planned {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly architecture: Architecture;
  readonly spec: unknown;
}

/** Every image of the environment, each once: groups that run the same release share it. A new release is a new image beside the old one. */
export class Images extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Images";
  /** `<repository>-<tag>` → image by digest. */
  readonly references: Readonly<Record<string, pulumi.Output<string>>>;
  readonly #base: string;
  readonly #agentDigest: AgentDigest;

  constructor(name: string, args: ImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Images.type, name, {}, opts);
    this.#base = args.base;
    this.#agentDigest = args.agentDigest;
    // Only the address: the login comes from docker's own configuration (the ECR credential helper), so that no token is in a preview or a state.
    const engine = new docker.Provider(
      `${name}-docker`,
      { registryAuth: [{ address: `${args.place.account}.dkr.ecr.${args.place.region}.amazonaws.com` }] },
      { parent: this },
    );
    const registries = new Map<string, Registry>();
    const references = new Map<string, pulumi.Output<string>>();
    for (const planned of args.groups.flatMap((group) => [...this.#plansOf(group).values(), this.#agentPlanOf(group)])) {
      const { repository, tag, digest, architecture, spec } = planned;
      const registry = registries.get(repository) ?? new Registry(repository, { place: args.place, keyArn: args.keyArn, repository }, { parent: this });
      registries.set(repository, registry);
      if (references.has(keyOf(planned))) continue;
      references.set(keyOf(planned), new Image(keyOf(planned), { registry, tag, digest, architecture, spec }, { parent: this, providers: [engine] }).reference);
    }
    this.references = Object.fromEntries(references);
    this.registerOutputs({ references: this.references });
  }

  /** Client → image by digest. */
  clientsOf(group: ResolvedGroup): Readonly<Record<string, pulumi.Output<string>>> {
    return Object.fromEntries([...this.#plansOf(group)].map(([client, planned]) => [client, this.#reference(planned)]));
  }

  agentOf(group: ResolvedGroup): pulumi.Output<string> {
    return this.#reference(this.#agentPlanOf(group));
  }

  #plansOf(group: ResolvedGroup): Map<string, Planned> {
    const { coin, architecture } = group;
    return new Map(
      group.clients.map((client) => {
        const spec = { client, base: this.#base, architecture };
        const { tag, digest } = renderImageContext(spec);
        return [client.name, { repository: `${coin}-${client.name}`, tag, digest, architecture, spec: { kind: "client", ...spec } }];
      }),
    );
  }

  #agentPlanOf({ coin, architecture }: ResolvedGroup): Planned {
    const spec = { coin, base: this.#base, architecture };
    const { tag, digest } = renderAgentImageContext({ ...spec, sourceDigest: this.#agentDigest(coin, architecture) });
    return { repository: "agent", tag, digest, architecture, spec: { kind: "agent", ...spec } };
  }

  #reference(planned: Planned): pulumi.Output<string> {
    const reference = this.references[keyOf(planned)];
    if (reference === undefined) throw new Error(`image ${keyOf(planned)} was not planned`);
    return reference;
  }
}

/** Its content is its identity. */
function keyOf({ repository, tag }: Planned): string {
  return `${repository}-${tag}`;
}
