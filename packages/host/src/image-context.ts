import type { Architecture, ReleaseSource, ResolvedClient } from "@coinfleet/sdk";
import { assetFolder } from "@coinfleet/sdk";
import { digestOf, shortDigest } from "./digest.ts";
import { daemonUser } from "./host-paths.ts";

/** A docker build context, but for the binaries, which `packages/build` verifies and puts under `bin/`. */
export interface ImageContext {
  /** Path in the context → text. */
  readonly files: Readonly<Record<string, string>>;
  /** SHA-256 of everything that goes into the image, known without docker or network. */
  readonly digest: string;
  /** `<release>-<first 8 of the digest>-<architecture>`. */
  readonly tag: string;
}

/** What {@link renderImageContext} is given. */
export interface ImageContextOptions {
  readonly client: ResolvedClient;
  /** Base image: a Debian 12. */
  readonly base: string;
  readonly architecture: Architecture;
}

/** The image of a client. `bin/` of the context holds its verified binaries, unless the base image's own package manager verifies them. */
export function renderImageContext({ client, base, architecture }: ImageContextOptions): ImageContext {
  const dockerfile = [
    ...stages(client),
    `FROM ${base}`,
    ...install([...client.runtimePackages, ...sourcePackages(client)]),
    ...binaries(client),
    ...(client.assets === undefined ? [] : [`COPY share/ ${assetFolder}/`]),
    // Nothing in the image needs the rights of its owner.
    "RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} +",
    `USER ${daemonUser}`,
    "WORKDIR /data",
    "",
  ].join("\n");
  const digest = digestOf({ dockerfile, architecture, version: client.version, source: pinned(client), assets: client.assets });
  const release = `${client.version}-${client.sourceName}`.replace(/[^A-Za-z0-9_.-]/g, "_");
  return { files: { Dockerfile: dockerfile }, digest, tag: `${release}-${shortDigest(digest)}-${architecture}` };
}

/** Lines that install packages of the base image's distribution and leave no lists behind. */
export function install(packages: readonly string[]): readonly string[] {
  if (packages.length === 0) return [];
  const list = packages.join(" ");
  return [
    `RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ${list} && rm -rf /var/lib/apt/lists/*`,
  ];
}

function stages({ source, version }: ResolvedClient): readonly string[] {
  return source.kind === "ociImage" ? [`FROM ${source.repository}@${ociDigest(source, version)} AS upstream`] : [];
}

function sourcePackages({ source, version }: ResolvedClient): readonly string[] {
  if (source.kind !== "debianPackage") return [];
  const pin = source.pins[version];
  if (pin === undefined) throw new Error(`package ${source.package} has no pin for version ${version}`);
  return [`${source.package}=${pin}`];
}

function binaries({ source, version }: ResolvedClient): readonly string[] {
  const each = (line: (name: string, path: string) => string, of: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(of).map(([name, path]) => line(name, path.replaceAll("{version}", version)));
  switch (source.kind) {
    case "debianPackage":
      return each((name, path) => `RUN test -x ${path} && ln -sf ${path} /usr/local/bin/${name}`, source.binaries);
    case "ociImage":
      return [
        ...each((name, path) => `COPY --from=upstream ${path} /usr/local/bin/${name}`, source.binaries),
        ...each((name, path) => `COPY --from=upstream ${path}/ /usr/local/share/${name}/`, source.folders ?? {}),
      ];
    case "signedArchive":
      return ["COPY bin/ /usr/local/bin/", ...(source.folders === undefined ? [] : ["COPY share/ /usr/local/share/"])];
    case "cargoCrates":
    case "goModule":
      return ["COPY bin/ /usr/local/bin/"];
  }
}

/** A source without the pins of other versions: a new release must not rebuild the old ones' images. */
function pinned({ source, version }: ResolvedClient): unknown {
  switch (source.kind) {
    case "signedArchive":
      return {
        ...source,
        version,
        sha256: source.sha256[version],
        companions: source.companions?.map((companion) => ({ ...companion, sha256: companion.sha256[version] })),
      };
    case "cargoCrates":
    case "goModule":
      return { ...source, version, sums: source.sums[version] };
    case "debianPackage":
      return { ...source, version, pins: source.pins[version] };
    case "ociImage":
      return { ...source, version, digests: source.digests[version] };
  }
}

function ociDigest(source: Extract<ReleaseSource, { kind: "ociImage" }>, version: string): string {
  const digest = source.digests[version];
  if (typeof digest === "string") return digest;
  // A pending digest previews, and is refused by the build before docker sees it.
  return `sha256:${"0".repeat(64)}`;
}
