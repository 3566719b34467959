import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Architecture } from "@coinfleet/sdk";
import { coinfleetCommand } from "./coinfleet-command.ts";
import type { Registry } from "./registry.ts";

export interface ImageArgs {
  readonly registry: Registry;
  /** `<release>-<first 8 of the digest>-<architecture>`: it never means two things, as tags are immutable. */
  readonly tag: string;
  readonly architecture: Architecture;
  /** Digest of everything that goes into the image. The only thing that makes it be built again. */
  readonly digest: string;
  /** What `coinfleet image prepare` makes the build context of. */
  readonly spec: unknown;
}

const platforms: Readonly<Record<Architecture, string>> = { x86_64: "linux/amd64", arm64: "linux/arm64" };

/**
 * An image that is prepared (downloads and verification, outside docker), built and pushed, in this order and only at `up`: a preview needs neither docker nor network.
 * The registry keeps it when the program lets go of it, for the way back.
 */
export class Image extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Image";
  /** `<repository>@sha256:…`: what hosts run. */
  readonly reference: pulumi.Output<string>;

  constructor(name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Image.type, name, {}, opts);
    // Relative to the project, and so the same on every machine: the provider compares it with the state.
    const directory = `.coinfleet/images/${args.digest}`;
    const { digest, spec } = args;
    const context = coinfleetCommand(
      `${name}-context`,
      { run: "image prepare", when: "create", input: { digest, directory, spec }, triggers: [digest] },
      { parent: this },
    );
    const image = new docker.RemoteImage(
      `${name}-build`,
      {
        name: pulumi.interpolate`${args.registry.url}:${args.tag}`,
        build: { context: directory, dockerfile: "Dockerfile", platform: platforms[args.architecture] },
        triggers: { digest },
        keepLocally: true,
      },
      // The build reads what the command has written.
      { parent: this, dependsOn: [context] },
    );
    const pushed = new docker.RegistryImage(
      `${name}-push`,
      { name: image.name, keepRemotely: true, triggers: { digest } },
      { parent: this, dependsOn: [image] },
    );
    this.reference = pulumi.interpolate`${args.registry.url}@${pushed.sha256Digest}`;
    this.registerOutputs({ reference: this.reference });
  }
}
