/** `npm run schema`: writes stacks/schema.json, by which editors complete and check stack files. With `--check` it only says whether the file is up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackSchema } from "./stack-schema.ts";

const file = join(import.meta.dirname, "../../stacks/schema.json");
const wanted = `${JSON.stringify(stackSchema, undefined, 1)}\n`;

if (!process.argv.includes("--check")) writeFileSync(file, wanted);
else if (readFileSync(file, "utf8") !== wanted) {
  process.stderr.write(
    "stacks/schema.json says another thing than the code and the coins. Run `npm run schema` and read the difference.\n",
  );
  process.exitCode = 1;
}
