import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { platforms, type ImageSpec } from "@coinfleet/host";
import type { Architecture } from "@coinfleet/sdk";
import type { Registry } from "./registry.ts";

/** Lays out a build context below the project's folder, or does nothing where it is there. Does I/O, so the program hands it in. */
export type PrepareImage = (
  image: { readonly spec: ImageSpec; readonly digest: string; readonly directory: string },
  say: (line: string) => void,
) => Promise<void>;

export interface ImageArgs {
  readonly registry: Registry;
  /** `<release>-<first 8 of the digest>-<architecture>`: it never means two things, as tags are immutable. */
  readonly tag: string;
  readonly architecture: Architecture;
  /** Digest of everything that goes into the image. The only thing that makes it be built again. */
  readonly digest: string;
  readonly spec: ImageSpec;
  readonly prepare: PrepareImage;
  /** What it shares its lower layers with. @default - nothing */
  readonly after?: pulumi.Resource | undefined;
}

/**
 * An image that is prepared (downloads and verification, outside docker), built and pushed, in this order and only at `up`: a preview needs neither docker nor network.
 * The registry keeps it when the program lets go of it, for the way back.
 */
export class Image extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Image";
  /** `<repository>@sha256:…`: what hosts run. */
  readonly reference: pulumi.Output<string>;
  /** Done when the registry has it. */
  readonly pushed: pulumi.Resource;

  constructor(name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Image.type, name, {}, opts);
    // Relative to the project, and so the same on every machine: the provider compares it with the state.
    const directory = `.coinfleet/images/${args.digest}`;
    const { digest, spec } = args;
    // A hook and not a resource: a fresh checkout has no context, and must get one whenever an image is built, whatever the state says.
    const prepare = new pulumi.ResourceHook(`${name}-prepare`, () =>
      args.prepare({ spec, digest, directory }, (line) => void pulumi.log.info(line, this)),
    );
    const image = new docker.RemoteImage(
      `${name}-build`,
      {
        name: pulumi.interpolate`${args.registry.url}:${args.tag}`,
        build: { context: directory, dockerfile: "Dockerfile", platform: platforms[args.architecture] },
        triggers: { digest },
        keepLocally: true,
      },
      {
        parent: this,
        hooks: { beforeCreate: [prepare], beforeUpdate: [prepare] },
        ...(args.after === undefined ? {} : { dependsOn: [args.after] }),
      },
    );
    const pushed = new docker.RegistryImage(
      `${name}-push`,
      { name: image.name, keepRemotely: true, triggers: { digest } },
      { parent: this, dependsOn: [image] },
    );
    this.pushed = pushed;
    this.reference = pulumi.interpolate`${args.registry.url}@${pushed.sha256Digest}`;
    this.registerOutputs({ reference: this.reference });
  }
}
