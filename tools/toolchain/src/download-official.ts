import { rm } from "node:fs/promises";
import { join } from "node:path";
import { defaultLimits, describeCause, download } from "@coinfleet/build";
import { extract } from "tar";
import { nonEmpty } from "./folders.ts";
import type { Report } from "./report.ts";

/** Where Pulumi publishes its releases; a company's own copy of it can stand in front. */
const officialPlace = "https://get.pulumi.com";
const reachTimeMs = 3000;
let reachable: Promise<string | undefined> | undefined;

/** Where downloads come from, or why there are none. */
export interface DownloadPlace {
  readonly base: string;
  /** Undefined when it answers. */
  readonly whyNot: string | undefined;
}

/** Whether official downloads can be had here. COINFLEET_TOOLCHAIN_DOWNLOADS: `off`, or the address of a copy of get.pulumi.com. */
export async function downloadPlace(environment: NodeJS.ProcessEnv): Promise<DownloadPlace> {
  const setting = nonEmpty(environment["COINFLEET_TOOLCHAIN_DOWNLOADS"]);
  if (setting === "off") return { base: officialPlace, whyNot: "downloads are switched off by COINFLEET_TOOLCHAIN_DOWNLOADS" };
  if (setting !== undefined) return { base: setting, whyNot: await whyUnreachable(setting) };
  reachable ??= whyUnreachable(officialPlace);
  return { base: officialPlace, whyNot: await reachable };
}

/** The Pulumi CLI with its language hosts, under the base address. */
export function cliArchive(version: string): string {
  return `releases/sdk/pulumi-v${version}-${process.platform}-${process.arch}.tar.gz`;
}

/** A provider plugin, under the base address. */
export function pluginArchive(name: string, version: string): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  return `releases/plugins/pulumi-resource-${name}-v${version}-${process.platform}-${arch}.tar.gz`;
}

/** Downloads and unpacks an archive into a folder. `strip` leading folders are left out. */
export async function downloadAndUnpack(url: string, folder: string, strip: number, report: Report): Promise<void> {
  const file = join(folder, ".download.tar.gz");
  await download(url, file, { ...defaultLimits, attempts: 2 }, ({ done, total }) => {
    if (done !== undefined) report(`downloading, ${megabytes(done)}${total === undefined ? "" : ` of ${megabytes(total)}`} MB`);
  });
  report("unpacking");
  await extract({ file, cwd: folder, strip });
  await rm(file);
}

async function whyUnreachable(base: string): Promise<string | undefined> {
  try {
    await fetch(new URL("latest-version", base.endsWith("/") ? base : `${base}/`), {
      method: "HEAD",
      signal: AbortSignal.timeout(reachTimeMs),
    });
    return undefined;
  } catch (error) {
    return `${new URL(base).host} cannot be reached (${describeCause(error)})`;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
