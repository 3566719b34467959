import { z } from "zod";

/** From the worst on, in the scanners' own words; what they call otherwise is `UNKNOWN`. */
export const severities = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "NEGLIGIBLE", "UNKNOWN"] as const;

const finding = z.object({
  /** `CVE-…`, `GHSA-…`, `DSA-…`. */
  id: z.string(),
  severity: z.enum(severities),
  package: z.string(),
  installed: z.string(),
  /** Version of the package that has it no more. Absent: there is none yet. */
  fixed: z.string().optional(),
});

/** A known vulnerability of a package in an image. */
export type Finding = z.infer<typeof finding>;

const imageScan = z.discriminatedUnion("state", [
  z.object({
    state: z.literal("scanned"),
    /** Program that has scanned. */
    scanner: z.string(),
    findings: z.array(finding),
    /** Why fewer findings may be listed than there are. */
    caution: z.string().optional(),
  }),
  /** Nobody has looked: there is no scanner, no docker engine, or no image yet. */
  z.object({ state: z.literal("not scanned"), why: z.string() }),
  /** Somebody should have looked, and did not come to an end. */
  z.object({ state: z.literal("scan failed"), why: z.string() }),
]);

/** What a scan of one image has come to. Only `scanned` says anything about the image. */
export type ImageScan = z.infer<typeof imageScan>;

const clientScan = z.object({ client: z.string(), version: z.string(), source: z.string(), scan: imageScan });

/** The scan of a client's image, in the release that its coin pins. */
export type ClientScan = z.infer<typeof clientScan>;

/** What `coinfleet scan --json` prints. */
export const clientScans = z.array(clientScan);
