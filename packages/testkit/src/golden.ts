import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Compares a value with a golden file, as data. With `UPDATE_GOLDEN=1` in the environment the file is written instead: read the difference in
 * review, and say in the commit why it changed.
 */
export function assertGolden(file: string, actual: unknown): void {
  const text = `${JSON.stringify(actual, undefined, 2)}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  if (!existsSync(file)) throw new Error(`${file} does not exist. Run the test with UPDATE_GOLDEN=1 and review the file.`);
  const expected: unknown = JSON.parse(readFileSync(file, "utf8"));
  assert.deepEqual(JSON.parse(text), expected, `${file} differs. If that is meant, run with UPDATE_GOLDEN=1 and say why in the commit.`);
}
