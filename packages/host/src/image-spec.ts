import type { Architecture, ResolvedClient, ResolvedGroup } from "@coinfleet/sdk";

/** What an image is made of: plain data, from which its digest and its build context follow. */
export type ImageSpec =
  | { readonly kind: "client"; readonly client: ResolvedClient; readonly base: string; readonly architecture: Architecture }
  | { readonly kind: "agent"; readonly coin: string; readonly base: string; readonly architecture: Architecture };

/** What docker calls the machines that an image is for. */
export const platforms: Readonly<Record<Architecture, string>> = { x86_64: "linux/amd64", arm64: "linux/arm64" };

/** An image and the repository that it goes to. */
export interface NamedImageSpec {
  readonly repository: string;
  readonly spec: ImageSpec;
}

/** The images of a group's hosts. */
interface ImagesOfGroup {
  /** Client → image. */
  readonly clients: Readonly<Record<string, NamedImageSpec>>;
  /** The same of the release that follows; empty where none is announced. */
  readonly next: Readonly<Record<string, NamedImageSpec>>;
  /** The agent with its coin's sync check. */
  readonly agent: NamedImageSpec;
}

/** The images of a group's hosts on a base image. */
export function imagesOfGroup(
  { coin, architecture, clients, next }: Pick<ResolvedGroup, "coin" | "architecture" | "clients" | "next">,
  base: string,
): ImagesOfGroup {
  const ofClients = (all: readonly ResolvedClient[]): Readonly<Record<string, NamedImageSpec>> =>
    Object.fromEntries(
      all.map((client) => [client.name, { repository: `${coin}-${client.name}`, spec: { kind: "client", client, base, architecture } }]),
    );
  return {
    clients: ofClients(clients),
    next: ofClients(next?.clients ?? []),
    agent: { repository: "agent", spec: { kind: "agent", coin, base, architecture } },
  };
}
