import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { imagesOfGroup, renderAgentImageContext, renderImageContext, type ImageSpec, type NamedImageSpec } from "@coinfleet/host";
import type { Architecture, ResolvedGroup } from "@coinfleet/sdk";
import type { PrepareImage } from "./image.ts";
import { Image } from "./image.ts";
import type { Place } from "./place.ts";
import { Registry, repositoryArn } from "./registry.ts";

export interface ImagesArgs {
  readonly place: Place;
  readonly keyArn: pulumi.Input<string>;
  /** Base image of every image. */
  readonly base: string;
  /** `<repository>-<tag>` → image by digest that exists already. */
  readonly promoted: Readonly<Record<string, string>>;
  /** Accounts that may pull what is built here. */
  readonly sharedWith: readonly string[];
  readonly groups: readonly ResolvedGroup[];
  readonly acceptanceOf: AcceptanceOf;
  readonly agentDigest: AgentDigest;
  readonly prepareImage: PrepareImage;
  /** Path of docker's own configuration, which has the login of the registry. */
  readonly dockerConfig: string;
}

/** Who answers for an image whatever its scan finds. */
interface Acceptance {
  readonly owner: string;
  readonly reason: string;
  /** Last day on which it holds. */
  readonly expires: string;
}

/** By the image's logical name. */
export type AcceptanceOf = (image: string) => Acceptance | undefined;

/** Digest of everything that goes into the agent of a coin. Reads sources, so the program hands it in. */
export type AgentDigest = (coin: string, architecture: Architecture) => string;

/** The images of a group's nodes, by digest. */
export interface GroupImages {
  /** Client → image. */
  readonly clients: Readonly<Record<string, pulumi.Output<string>>>;
  /** The same of the release that follows. Empty where none is announced. */
  readonly next: Readonly<Record<string, pulumi.Output<string>>>;
  readonly agent: pulumi.Output<string>;
  /** Those of them that somebody answers for. */
  readonly accepted: readonly (Acceptance & { readonly image: pulumi.Output<string> })[];
  /** The repositories that they are pulled from. */
  readonly repositoryArns: readonly string[];
}

/** An image that some group runs, before it exists. */
interface Planned {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly architecture: Architecture;
  readonly spec: ImageSpec;
}

/** Every image of the environment, each once: groups that run the same release share it. A new release is a new image beside the old one. */
export class Images extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Images";
  /** `<repository>-<tag>` → image by digest. */
  readonly references: Readonly<Record<string, pulumi.Output<string>>>;
  readonly #ofGroup: ReadonlyMap<string, GroupImages>;
  readonly #registries = new Map<string, Registry>();
  readonly #made = new Map<string, pulumi.Output<string>>();
  /** Repository and architecture → the image that is made first. */
  readonly #firsts = new Map<string, pulumi.Resource>();
  /** Where everything is promoted, nothing is built, and no docker is asked for. */
  #engine: docker.Provider | undefined;

  constructor(name: string, args: ImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Images.type, name, {}, opts);
    const { account, region } = args.place;
    // No login: that comes from docker's own configuration (the ECR credential helper), so that no token is in a preview or a state.
    const newEngine = (): docker.Provider =>
      new docker.Provider(
        `${name}-docker`,
        { registryAuth: [{ address: `${account}.dkr.ecr.${region}.amazonaws.com`, configFile: args.dockerConfig }] },
        { parent: this },
      );
    const make = (planned: Planned): pulumi.Output<string> => this.#image(planned, args, newEngine);
    this.#ofGroup = new Map(
      args.groups.map((group) => {
        const specs = imagesOfGroup(group, args.base);
        const planned = planAll(specs.clients, args.agentDigest);
        const next = planAll(specs.next, args.agentDigest);
        const agent = plan(specs.agent, args.agentDigest);
        const makeAll = (all: typeof planned): GroupImages["clients"] =>
          Object.fromEntries(Object.entries(all).map(([client, one]) => [client, make(one)]));
        const pulled = [...Object.values(planned), agent, ...Object.values(next)].map((one) => pulledFrom(one, args));
        const repositoryArns = [...new Set(pulled)];
        const made = { clients: makeAll(planned), next: makeAll(next), agent: make(agent) };
        const accepted = [...Object.values(planned), ...Object.values(next)].flatMap((one) => {
          const acceptance = args.acceptanceOf(keyOf(one));
          return acceptance === undefined ? [] : [{ image: make(one), ...acceptance }];
        });
        return [group.name, { ...made, accepted, repositoryArns }];
      }),
    );
    this.references = Object.fromEntries(this.#made);
    this.registerOutputs({ references: this.references });
  }

  of(group: ResolvedGroup): GroupImages {
    const images = this.#ofGroup.get(group.name);
    if (images === undefined) throw new Error(`the images of ${group.name} were not planned`);
    return images;
  }

  #image(
    { repository, tag, ...planned }: Planned,
    { place, keyArn, prepareImage, promoted, sharedWith }: ImagesArgs,
    newEngine: () => docker.Provider,
  ): pulumi.Output<string> {
    // Its content is its identity.
    const key = keyOf({ repository, tag });
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const elsewhere = promoted[key];
    if (elsewhere !== undefined) {
      const reference = pulumi.output(elsewhere);
      this.#made.set(key, reference);
      return reference;
    }
    const registry =
      this.#registries.get(repository) ?? new Registry(repository, { place, keyArn, repository, sharedWith }, { parent: this });
    this.#registries.set(repository, registry);
    this.#engine ??= newEngine();
    // Images of a repository differ in their last layers only: those below are made and pushed once when one of them goes before the others.
    const alike = `${repository}-${planned.architecture}`;
    const after = this.#firsts.get(alike);
    const image = new Image(key, { registry, tag, prepare: prepareImage, after, ...planned }, { parent: this, providers: [this.#engine] });
    if (after === undefined) this.#firsts.set(alike, image.pushed);
    this.#made.set(key, image.reference);
    return image.reference;
  }
}

/** An image's logical name. */
const keyOf = ({ repository, tag }: Pick<Planned, "repository" | "tag">): string => `${repository}-${tag}`;

/** ARN of the repository that an image is pulled from: this environment's, or the one of the environment that built it. */
function pulledFrom(planned: Planned, { place, promoted }: ImagesArgs): string {
  const elsewhere = promoted[keyOf(planned)];
  if (elsewhere === undefined) return repositoryArn(place, planned.repository);
  const found = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^@]+)@/.exec(elsewhere);
  const [, account, region, path] = found ?? [];
  if (account === undefined || region === undefined) throw new pulumi.RunError(`images.promoted: ${elsewhere} is in no ECR registry`);
  return `arn:aws:ecr:${region}:${account}:repository/${path}`;
}

const planAll = (specs: Readonly<Record<string, NamedImageSpec>>, agentDigest: AgentDigest): Readonly<Record<string, Planned>> =>
  Object.fromEntries(Object.entries(specs).map(([client, spec]) => [client, plan(spec, agentDigest)]));

/** Repository, tag and digest follow from what an image is made of. */
function plan({ repository, spec }: NamedImageSpec, agentDigest: AgentDigest): Planned {
  const { architecture } = spec;
  const { tag, digest } =
    spec.kind === "client"
      ? renderImageContext(spec)
      : renderAgentImageContext({ ...spec, sourceDigest: agentDigest(spec.coin, architecture) });
  return { repository, tag, digest, architecture, spec };
}
