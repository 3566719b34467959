import { z } from "zod";
import { severities, type Finding } from "./scan-result.ts";

/** A scanner's report, or why it is none. */
export type Report = { readonly findings: Finding[]; readonly caution?: string } | { readonly problem: string };

const trivy = z.object({
  SchemaVersion: z.number(),
  Metadata: z.object({ OS: z.object({ Family: z.string(), Name: z.string(), EOSL: z.boolean().optional() }).optional() }).optional(),
  Results: z
    .array(
      z.object({
        Class: z.string().optional(),
        Vulnerabilities: z
          .array(
            z.object({
              VulnerabilityID: z.string(),
              PkgName: z.string(),
              InstalledVersion: z.string().default(""),
              FixedVersion: z.string().optional(),
              Severity: z.string(),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
});

const grype = z.object({
  matches: z.array(
    z.object({
      vulnerability: z.object({
        id: z.string(),
        severity: z.string().default("Unknown"),
        fix: z.object({ versions: z.array(z.string()).nullish() }).optional(),
      }),
      artifact: z.object({ name: z.string(), version: z.string() }),
    }),
  ),
  distro: z.object({ name: z.string().optional() }).nullish(),
  descriptor: z.object({ name: z.literal("grype") }),
});

/** Packages are what is looked for; a report may be of secrets or licences alone. */
const packageClasses: readonly (string | undefined)[] = ["os-pkgs", "lang-pkgs"];

/** Reads the JSON of trivy or of grype. Never throws. A report of an image in which the scanner knew nothing is a problem, not a clean one. */
export function readReport(text: string): Report {
  const value = parseJson(text);
  const fromTrivy = trivy.safeParse(value);
  if (fromTrivy.success) return readTrivy(fromTrivy.data);
  const fromGrype = grype.safeParse(value);
  if (fromGrype.success) return readGrype(fromGrype.data);
  return { problem: text.trim() === "" ? "it has printed nothing" : "what it has printed is neither trivy's nor grype's JSON" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const nothingKnown: Report = { problem: "it recognized no package in the image, so that finding nothing means nothing" };

function readTrivy({ Metadata, Results }: z.infer<typeof trivy>): Report {
  const results = Results ?? [];
  if (!results.some((result) => packageClasses.includes(result.Class))) return nothingKnown;
  const findings = results.flatMap(({ Vulnerabilities }) =>
    (Vulnerabilities ?? []).map(({ VulnerabilityID, PkgName, InstalledVersion, FixedVersion, Severity }): Finding =>
      findingOf(VulnerabilityID, Severity, PkgName, InstalledVersion, FixedVersion),
    ),
  );
  const { OS } = Metadata ?? {};
  const caution = `nobody maintains ${OS?.Family ?? ""} ${OS?.Name ?? ""} any more, so that vulnerabilities of its packages may be missing here`;
  return { findings: withoutRepeats(findings), ...(OS?.EOSL === true ? { caution } : {}) };
}

function readGrype({ matches, distro }: z.infer<typeof grype>): Report {
  if (matches.length === 0 && (distro?.name ?? "") === "") return nothingKnown;
  const findings = matches.map(({ vulnerability: { id, severity, fix }, artifact }) =>
    findingOf(id, severity, artifact.name, artifact.version, fix?.versions?.join(", ")),
  );
  return { findings: withoutRepeats(findings) };
}

/** A finding in our words. */
export function findingOf(id: string, severity: string, name: string, installed: string, fixed: string | undefined): Finding {
  return {
    id,
    severity: severities.find((one) => one === severity.toUpperCase()) ?? "UNKNOWN",
    package: name,
    installed,
    ...(fixed === undefined || fixed === "" ? {} : { fixed }),
  };
}

/** One of each, from the worst on: a package that lies in several places is listed for each of them. */
export function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const each = new Map(findings.map((one) => [`${one.id} ${one.package} ${one.installed}`, one]));
  return [...each.values()].sort((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity));
}
