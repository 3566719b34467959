import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeOnce } from "../artifact.ts";

const [root = "", how] = process.argv.slice(2);
const cache = join(root, "cache");

/** Run as a process of its own by a test: makes one artifact, or hangs half-way through. */
await makeOnce(
  cache,
  {
    title: "thing",
    folder: join(cache, "thing"),
    programs: ["program"],
    make: async (staging) => {
      await writeFile(join(staging, "program"), "#!/bin/sh\n", { mode: 0o755 });
      process.stdout.write("half-way\n");
      await sleep(how === "hangs" ? 60_000 : 300);
      await appendFile(join(root, "log"), "made\n");
    },
  },
  () => undefined,
);
