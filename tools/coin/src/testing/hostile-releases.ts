import { startUpstream, type TestEntry } from "@coinfleet/build/testing";
import type { ScratchCoin, Signers } from "./scratch-coin.ts";

/** What a test has to know and to undo afterwards. */
interface Spoiled {
  /** A mirror's address, where there is one. */
  readonly mirror?: string;
  close?(): Promise<void>;
}

/** A release that must not be taken, and how it is refused. */
export interface HostileRelease {
  readonly what: string;
  readonly error: string;
  readonly says: RegExp;
  /** Who the coin pins. @default ann and ben */
  readonly pinned?: (signers: Signers) => Signers[keyof Signers][];
  /** Who signs. @default ann and ben */
  readonly signedBy?: (signers: Signers) => Signers[keyof Signers][];
  /** What the archives hold besides the daemon. */
  readonly entries?: (version: string) => readonly TestEntry[];
  /** What goes wrong after the release was published well. */
  spoil?(coin: ScratchCoin, version: string): Promise<Spoiled>;
}

const evil = async (coin: ScratchCoin, version: string): Promise<Buffer> => coin.archive(`${version}-evil`, "x86_64");
const holding = (what: string, entry: (version: string) => TestEntry): HostileRelease => ({
  what: `an archive with ${what}`,
  error: "ArchiveRefused",
  says: /regular files and folders with plain relative paths/,
  entries: (version) => [entry(version)],
});

/** Every way in which a release can be wrong, once. */
export const hostileReleases: readonly HostileRelease[] = [
  {
    what: "a wrong key, under the name of a pinned signer",
    error: "SignatureInvalid",
    says: /No pinned signer has signed/,
    signedBy: ({ stranger }) => [stranger],
  },
  {
    what: "a tampered archive",
    error: "DigestMismatch",
    says: /not the pinned one/,
    spoil: async (coin: ScratchCoin, version: string): Promise<Spoiled> => {
      coin.upstream.serve(coin.path(version, "x86_64"), await evil(coin, version));
      return {};
    },
  },
  {
    what: "tampered sums",
    error: "SignatureInvalid",
    says: /does not fit the file/,
    spoil: async (coin: ScratchCoin, version: string): Promise<Spoiled> => {
      coin.upstream.serve(`/${version}/SHA256SUMS`, `${"0".repeat(64)}  oak-${version}-x86_64.tar.gz\n`);
      return Promise.resolve({});
    },
  },
  {
    what: "an expired key",
    error: "SignatureInvalid",
    says: /has expired and the plugin declares no `acceptExpired`/,
    pinned: ({ late }) => [late],
    signedBy: ({ late }) => [late],
  },
  { what: "too few signers", error: "TooFewSigners", says: /ben: has not signed it/, signedBy: ({ ann }) => [ann] },
  {
    what: "a missing signature",
    error: "DownloadFailed",
    says: /HTTP 404/,
    spoil: async (coin: ScratchCoin, version: string): Promise<Spoiled> => {
      coin.upstream.serve(`/${version}/SHA256SUMS.asc`, (_request, response) => response.writeHead(404).end());
      return Promise.resolve({});
    },
  },
  {
    what: "another digest on the mirror than upstream's",
    error: "DigestMismatch",
    says: /where {4}http:\/\/127\.0\.0\.1:\d+\/127\.0\.0\.1:\d+\//,
    spoil: async (coin: ScratchCoin, version: string): Promise<Spoiled> => {
      const mirror = await startUpstream();
      mirror.serve(`/${coin.upstream.host}${coin.path(version, "x86_64")}`, await evil(coin, version));
      return { mirror: mirror.url, close: () => mirror.close() };
    },
  },
  {
    what: "a redirect to another host",
    error: "AddressRefused",
    says: /Redirect to another host/,
    spoil: async (coin: ScratchCoin, version: string): Promise<Spoiled> => {
      const elsewhere = await startUpstream();
      elsewhere.serve("/oak.tar.gz", await coin.archive(version, "x86_64"));
      const answer = { location: `${elsewhere.url}/oak.tar.gz` };
      coin.upstream.serve(coin.path(version, "x86_64"), (_request, response) => response.writeHead(302, answer).end());
      return { close: () => elsewhere.close() };
    },
  },
  {
    what: "a truncated download",
    error: "DownloadFailed",
    says: /failed 2 times/,
    spoil: async (coin: ScratchCoin, version: string): Promise<Spoiled> => {
      const bytes = await coin.archive(version, "x86_64");
      coin.upstream.serve(coin.path(version, "x86_64"), (_request, response) => {
        response.writeHead(200, { "content-length": bytes.length });
        response.write(bytes.subarray(0, 20), () => setTimeout(() => response.destroy(), 20));
      });
      return {};
    },
  },
  holding("../ in a path", () => [{ name: "../../etc/passwd" }, "x"]),
  holding("an absolute path", () => [{ name: "/etc/passwd" }, "x"]),
  holding("a symbolic link", (version) => [{ name: `oak-${version}/link`, type: "symlink", linkname: "/etc/passwd" }]),
  holding("a hard link", (version) => [{ name: `oak-${version}/link`, type: "link", linkname: "/etc/passwd" }]),
  holding("a device", (version) => [{ name: `oak-${version}/sda`, type: "block-device", devmajor: 8, devminor: 0 }]),
];
