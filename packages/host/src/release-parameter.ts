import type { ResolvedGroup } from "@coinfleet/sdk";

/** The value of a node's parameter `<prefix>/release`: what the host shall run. */
export interface ReleaseParameter {
  /** Release id of the whole node; instance name of its systemd unit. */
  readonly release: string;
  /** Client → image by digest. */
  readonly images: Readonly<Record<string, string>>;
  /** Client → version, by which the host tells an older release from a newer one. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * The wanted release as JSON text.
 * @throws Error when an image is not named by its digest: a tag could change under a running node.
 */
export function renderReleaseParameter(group: ResolvedGroup, images: Readonly<Record<string, string>>): string {
  const parameter: ReleaseParameter = {
    release: group.release,
    images: Object.fromEntries(group.clients.map(({ name }) => [name, byDigest(name, images[name])])),
    versions: Object.fromEntries(group.clients.map(({ name, version }) => [name, version])),
  };
  return JSON.stringify(parameter);
}

function byDigest(client: string, image: string | undefined): string {
  if (image !== undefined && /@sha256:[0-9a-f]{64}$/.test(image)) return image;
  throw new Error(
    `The image of client "${client}" is ${image === undefined ? "missing" : `"${image}"`}; it must be <repository>@sha256:<digest>.`,
  );
}
