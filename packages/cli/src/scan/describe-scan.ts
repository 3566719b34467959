import { severities, type ClientScan, type Finding, type ImageScan } from "./scan-result.ts";

/** So many of the worst findings are listed one by one. */
const mostListed = 30;
const mostNamed = 5;

/** A scan in words, as Markdown: how many there are of each severity, and the critical and high ones with what mends them. Only a scan that came to its end says that nothing was found. */
export function describeScan(of: ClientScan): readonly string[] {
  const worst =
    of.scan.state === "scanned" ? of.scan.findings.filter(({ severity }) => severity === "CRITICAL" || severity === "HIGH") : [];
  return [...summarizeScan(of), ...listWorst(worst)];
}

/** How many there are of each severity, and what casts doubt on it. */
export function summarizeScan({ client, version, source, scan }: ClientScan): readonly string[] {
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
 * Why a release should not be merged as it is: its image has critical vulnerabilities for which there is a fix, and the image of the release before it has them not, or
 * nobody knows. `before` is asked only where it matters; `which` is what that release is called.
 * @returns undefined where nothing speaks against it
 */
export async function objectionTo(next: ImageScan, before: () => Promise<ImageScan>, which = "pinned"): Promise<string | undefined> {
  const fixable =
    next.state === "scanned" ? next.findings.filter(({ severity, fixed }) => severity === "CRITICAL" && fixed !== undefined) : [];
  if (fixable.length === 0) return undefined;
  const older = await before();
  if (older.state !== "scanned")
    return `its image has critical vulnerabilities for which there is a fix: ${named(fixable)}. Whether the ${which} release has them too is not known (${older.state}: ${quoted(older.why, 300)})`;
  const known = new Set(older.findings.map(keyOf));
  const fresh = fixable.filter((one) => !known.has(keyOf(one)));
  if (fresh.length === 0) return undefined;
  return `its image has critical vulnerabilities for which there is a fix, and which the image of the ${which} release has not: ${named(fresh)}`;
}

const keyOf = (one: Finding): string => `${one.id} ${one.package}`;

/** The first few by name, with what mends each. */
export function named(findings: readonly Finding[]): string {
  const names = findings
    .slice(0, mostNamed)
    .map(
      ({ id, package: of, fixed }) =>
        `${quoted(id)} (${quoted(of)}, ${fixed === undefined ? "no fix known" : `fixed in ${quoted(fixed)}`})`,
    );
  const more = findings.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** What others have written, as code: there it is no Markdown, no HTML and no mention of anybody. */
function quoted(text: string, most = 80): string {
  const line = text.replaceAll(/[\s`|]+/g, " ").trim();
  return line === "" ? "–" : `\`${line.length > most ? `${line.slice(0, most - 1)}…` : line}\``;
}
