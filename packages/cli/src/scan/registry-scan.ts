import {
  ECRClient,
  paginateDescribeImageScanFindings,
  type DescribeImageScanFindingsRequest,
  type EnhancedImageScanFinding,
  type ImageScanFinding,
  type ImageScanStatus,
} from "@aws-sdk/client-ecr";
import { calling, errorCode, patientSettings } from "../aws-call.ts";
import { findingOf, withoutRepeats } from "./read-report.ts";
import type { Finding, ImageScan } from "./scan-result.ts";

/** Where an image is: `<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:…`. */
export interface RegistryImage {
  readonly registryId: string;
  readonly region: string;
  readonly repositoryName: string;
  readonly imageDigest: string;
}

/** An image in ECR by its reference; undefined where it is elsewhere. */
export function registryImage(reference: string): RegistryImage | undefined {
  const found = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^@]+)@(sha256:[0-9a-f]{64})$/.exec(reference);
  const [, registryId = "", region = "", repositoryName = "", imageDigest = ""] = found ?? [];
  return found === null ? undefined : { registryId, region, repositoryName, imageDigest };
}

/** How far the registry is with an image: a scan, one that has not ended, none at all, or no image. */
export type RegistryScan = ImageScan | { readonly state: "under way" | "no scan" | "no image" };

const states: Readonly<Record<string, "no scan" | "no image">> = {
  ScanNotFoundException: "no scan",
  ImageNotFoundException: "no image",
  RepositoryNotFoundException: "no image",
};

/**
 * What ECR knows of an image, from a basic or an enhanced scan. `state`: what is so while it is asked.
 * @throws CliError where AWS refuses
 */
export async function readRegistryScan({ region, imageDigest, ...of }: RegistryImage, state: string): Promise<RegistryScan> {
  const ecr = new ECRClient(patientSettings(region));
  const answer = readPages(ecr, { ...of, imageId: { imageDigest }, maxResults: 1000 }).catch((cause: unknown) => {
    const known = states[errorCode(cause)];
    if (known === undefined) throw cause;
    return { state: known };
  });
  return calling("ecr:DescribeImageScanFindings", answer, state).finally(() => ecr.destroy());
}

async function readPages(client: ECRClient, question: DescribeImageScanFindingsRequest): Promise<RegistryScan> {
  let status: ImageScanStatus = {};
  const findings: Finding[] = [];
  for await (const page of paginateDescribeImageScanFindings({ client }, question)) {
    status = page.imageScanStatus ?? status;
    findings.push(...(page.imageScanFindings?.findings ?? []).map(fromBasic));
    findings.push(...(page.imageScanFindings?.enhancedFindings ?? []).flatMap(fromEnhanced));
  }
  return resultOf(status, findings);
}

function resultOf({ status, description }: ImageScanStatus, findings: readonly Finding[]): RegistryScan {
  const why = `${status ?? "no status"}${description === undefined ? "" : `: ${description}`}`;
  switch (status) {
    case "COMPLETE":
    case "ACTIVE":
      return { state: "scanned", scanner: "ECR", findings: withoutRepeats(findings) };
    case "IN_PROGRESS":
    case "PENDING":
      return { state: "under way" };
    case "FAILED":
      return { state: "scan failed", why };
    default:
      return { state: "not scanned", why };
  }
}

/** A basic scan says of few findings what mends them: AWS documents no attribute for it. */
function fromBasic({ name, severity, attributes = [] }: ImageScanFinding): Finding {
  const attribute = (key: string): string | undefined => attributes.find((one) => one.key === key)?.value;
  return findingOf(
    name ?? "",
    severity ?? "",
    attribute("package_name") ?? "",
    attribute("package_version") ?? "",
    attribute("patched_version"),
  );
}

/** One for each package that has it. What Inspector has closed, or a rule of its own suppresses, is none. */
function fromEnhanced({
  status,
  severity,
  title,
  fixAvailable,
  packageVulnerabilityDetails: details,
}: EnhancedImageScanFinding): Finding[] {
  if (status !== undefined && status !== "ACTIVE") return [];
  const id = details?.vulnerabilityId ?? title ?? "";
  const some = fixAvailable === "YES" ? "a newer version" : undefined;
  const packages = details?.vulnerablePackages ?? [];
  return (packages.length === 0 ? [{}] : packages).map(({ name = "", version = "", fixedInVersion }) => {
    const fixed = fixedInVersion === "" || fixedInVersion === "NotAvailable" ? undefined : fixedInVersion;
    return findingOf(id, severity ?? "", name, version, fixed ?? some);
  });
}
