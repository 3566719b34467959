import { stripVTControlCharacters } from "node:util";
import { runProgram } from "../doctor/run-program.ts";
import { readReport } from "./read-report.ts";
import type { ImageScan } from "./scan-result.ts";

/** How the scanners that are looked for are called, the first one that is there. */
const knownScanners = [
  ["trivy", "trivy image --quiet --scanners vuln --timeout 15m --format json {image}"],
  ["grype", "grype --quiet --output json {image}"],
] as const;

const quickMs = 10_000;
const scanLimitMs = 20 * 60_000;

/** The end of what a program has said, in one line that is fit for a message. */
export const lastWords = (said: string): string => stripVTControlCharacters(said).trim().replaceAll(/\s+/g, " ").slice(-300);

/**
 * Scans an image that the docker engine has for known vulnerabilities. Never throws.
 * @param setting `COINFLEET_SCANNER`: the scanner's command, words separated by spaces, with `{image}` among them; its output must be trivy's or
 * grype's JSON. @default - `trivy`, else `grype`, whichever is on the PATH
 */
export async function scanImage(image: string, setting: string | undefined): Promise<ImageScan> {
  const command = setting === undefined || setting.trim() === "" ? await findScanner() : setting;
  if (command === undefined)
    return { state: "not scanned", why: "neither trivy nor grype is on the PATH, and COINFLEET_SCANNER names no other" };
  if (!command.includes("{image}")) return { state: "scan failed", why: "COINFLEET_SCANNER has no {image} in it" };
  const [scanner = "", ...args] = command
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll("{image}", image));
  return runScanner(scanner, args);
}

async function findScanner(): Promise<string | undefined> {
  for (const [program, command] of knownScanners) if ((await runProgram(program, ["--version"], quickMs)).code === 0) return command;
  return undefined;
}

async function runScanner(scanner: string, args: readonly string[]): Promise<ImageScan> {
  const failed = (why: string): ImageScan => ({ state: "scan failed", why: `${scanner}: ${why}` });
  const { code, output, error } = await runProgram(scanner, args, scanLimitMs);
  if (code === undefined) return failed(`it did not start, or not end within ${scanLimitMs / 60_000} min: ${lastWords(error)}`);
  const report = readReport(output);
  // Scanners can be told to fail on what they find. One that fails without any finding has not come to its end.
  if (code !== 0 && ("problem" in report || report.findings.length === 0)) return failed(`it ended with ${code}: ${lastWords(error)}`);
  return "problem" in report ? failed(report.problem) : { state: "scanned", scanner, ...report };
}
