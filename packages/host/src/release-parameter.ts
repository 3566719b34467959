import type { ResolvedClient, ResolvedGroup, ResolvedNext } from "@coinfleet/sdk";

/** A release as its node is told of it. */
interface NamedRelease {
  /** Release id of the whole node; instance name of its systemd unit. */
  readonly release: string;
  /** Client → image by digest. */
  readonly images: Readonly<Record<string, string>>;
  /** Client → version, by which the host tells an older release from a newer one. */
  readonly versions: Readonly<Record<string, string>>;
}

/** The value of a node's parameter `<prefix>/release`: what the host shall run, and what it shall take by itself when the moment has come. */
export interface ReleaseParameter extends NamedRelease {
  readonly next?: NamedRelease & Pick<ResolvedNext, "at">;
}

/** Client → image by digest. */
type ImagesByClient = Readonly<Record<string, string>>;

/**
 * The wanted release as JSON text. `nextImages`: of the release that follows, where there is one.
 * @throws Error when an image is not named by its digest: a tag could change under a running node.
 */
export function renderReleaseParameter(group: ResolvedGroup, images: ImagesByClient, nextImages: ImagesByClient = {}): string {
  const { next } = group;
  const parameter: ReleaseParameter = {
    ...named(group, images),
    ...(next === undefined ? {} : { next: { ...named(next, nextImages), at: next.at } }),
  };
  return JSON.stringify(parameter);
}

function named({ release, clients }: { release: string; clients: readonly ResolvedClient[] }, images: ImagesByClient): NamedRelease {
  return {
    release,
    images: Object.fromEntries(clients.map(({ name }) => [name, byDigest(name, images[name])])),
    versions: Object.fromEntries(clients.map(({ name, version }) => [name, version])),
  };
}

function byDigest(client: string, image: string | undefined): string {
  if (image !== undefined && /@sha256:[0-9a-f]{64}$/.test(image)) return image;
  throw new Error(
    `The image of client "${client}" is ${image === undefined ? "missing" : `"${image}"`}; it must be <repository>@sha256:<digest>.`,
  );
}
