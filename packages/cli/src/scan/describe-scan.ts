import { severities, type ClientScan, type Finding, type ImageScan } from "./scan-result.ts";

/** So many of the worst findings are listed one by one. */
const mostListed = 30;
const mostNamed = 5;

/** A scan in words, as Markdown: how many there are of each severity, and the critical and high ones with what mends them. Only a scan that came to its end says that nothing was found. */
export function describeScan({ client, version, source, scan }: ClientScan): readonly string[] {
  const what = `${client} ${version} (${source})`;
  if (scan.state !== "scanned") return [`${what}: **${scan.state}**: ${quoted(scan.why, 600)}`];
  const { findings, caution } = scan;
  const counts = severities.flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity.toLowerCase()}`];
  });
  return [
    `${what}: scanned by ${quoted(scan.scanner)}: ${counts.length === 0 ? "no known vulnerability" : counts.join(", ")}.`,
    ...(caution === undefined ? [] : [`**Caution**: ${quoted(caution, 200)}.`]),
    ...listWorst(findings.filter(({ severity }) => severity === "CRITICAL" || severity === "HIGH")),
  ];
}

function listWorst(worst: readonly Finding[]): readonly string[] {
  if (worst.length === 0) return [];
  const rows = worst
    .slice(0, mostListed)
    .map((one) => `| ${[one.severity, one.id, one.package, one.installed, one.fixed ?? ""].map((text) => quoted(text)).join(" | ")} |`);
  const more = worst.length - rows.length;
  return [
    "",
    "| severity | id | package | installed | fixed in |",
    "|---|---|---|---|---|",
    ...rows,
    ...(more > 0 ? ["", `And ${more} more.`] : []),
  ];
}

/**
 * Why a release should not be merged as it is: its image has critical vulnerabilities for which there is a fix, and the image of the pinned release has them not, or nobody
 * knows. `pinned` is asked only where it matters.
 * @returns undefined where nothing speaks against it
 */
export async function objectionTo(next: ImageScan, pinned: () => Promise<ImageScan>): Promise<string | undefined> {
  const fixable =
    next.state === "scanned" ? next.findings.filter(({ severity, fixed }) => severity === "CRITICAL" && fixed !== undefined) : [];
  if (fixable.length === 0) return undefined;
  const before = await pinned();
  if (before.state !== "scanned")
    return `its image has critical vulnerabilities for which there is a fix: ${named(fixable)}. Whether the pinned release has them too is not known (${before.state}: ${quoted(before.why, 300)})`;
  const known = new Set(before.findings.map(keyOf));
  const fresh = fixable.filter((one) => !known.has(keyOf(one)));
  if (fresh.length === 0) return undefined;
  return `its image has critical vulnerabilities for which there is a fix, and which the image of the pinned release has not: ${named(fresh)}`;
}

const keyOf = (one: Finding): string => `${one.id} ${one.package}`;

function named(findings: readonly Finding[]): string {
  const names = findings
    .slice(0, mostNamed)
    .map((one) => `${quoted(one.id)} (${quoted(one.package)}, fixed in ${quoted(one.fixed ?? "")})`);
  const more = findings.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** What others have written, as code: there it is no Markdown, no HTML and no mention of anybody. */
function quoted(text: string, most = 80): string {
  const line = text.replaceAll(/[\s`|]+/g, " ").trim();
  return line === "" ? "–" : `\`${line.length > most ? `${line.slice(0, most - 1)}…` : line}\``;
}
