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

/** The images of a group's hosts on a base image: one per client, and the agent with its coin's sync check. */
export function imagesOfGroup(
  { coin, architecture, clients }: Pick<ResolvedGroup, "coin" | "architecture" | "clients">,
  base: string,
): { readonly clients: Readonly<Record<string, NamedImageSpec>>; readonly agent: NamedImageSpec } {
  return {
    clients: Object.fromEntries(
      clients.map((client) => [
        client.name,
        { repository: `${coin}-${client.name}`, spec: { kind: "client", client, base, architecture } },
      ]),
    ),
    agent: { repository: "agent", spec: { kind: "agent", coin, base, architecture } },
  };
}
