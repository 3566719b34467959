import { parseArgs } from "node:util";
import { isMainThread } from "node:worker_threads";
import { createLog, describeError, type Log } from "./log.ts";
import { archiveFormats } from "@coinfleet/sdk";
import { RestoreError } from "./restore/restore-error.ts";
import { archiveLayouts } from "./restore/parts.ts";
import { restore } from "./restore/restore.ts";

const usage = `usage: agent run [--config FILE] [--coin URL] [--requests DIR] [--volume DIR] [--starts FILE] [--port N] [--probe-every-ms N]
       agent restore --url URL (--sha256 HEX | --minisign PUBLIC_KEY) --format ${archiveFormats.join("|")} --data DIR
                     [--layout ${archiveLayouts.join("|")}] [--connections N]
exit codes of restore: 0 restored, or nothing to do; 75 try again; 1 do not`;

/** Exit code of a failure that another try may mend (EX_TEMPFAIL). */
const tryAgain = 75;

async function runCommand(parameters: string[]): Promise<number> {
  // Only here: a restore, and the thread that unpacks for it, need nothing of it.
  const { run, runDefaults } = await import("./run.ts");
  const option = { type: "string" } as const;
  const { values } = parseArgs({
    args: parameters,
    options: { config: option, coin: option, requests: option, volume: option, starts: option, port: option, "probe-every-ms": option },
  });
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  const options = {
    config: values.config ?? runDefaults.config,
    coin: values.coin ?? new URL("coin.js", import.meta.url).href,
    requests: values.requests ?? runDefaults.requests,
    volume: values.volume ?? runDefaults.volume,
    starts: values.starts ?? runDefaults.starts,
    port: Number(values.port ?? runDefaults.port),
    probeEveryMs: Number(values["probe-every-ms"] ?? runDefaults.probeEveryMs),
  };
  await run(options, stop.signal);
  return 0;
}

async function restoreCommand(parameters: string[], log: Log): Promise<number> {
  const option = { type: "string" } as const;
  const names = { url: option, sha256: option, minisign: option, format: option, data: option, layout: option, connections: option };
  const { url, sha256, minisign, data, connections, ...values } = parseArgs({ args: parameters, options: names }).values;
  const format = archiveFormats.find((one) => one === values.format);
  const layout = archiveLayouts.find((one) => one === (values.layout ?? "file"));
  const proof = sha256 !== undefined ? { sha256 } : minisign !== undefined ? { minisign } : undefined;
  if (url === undefined || proof === undefined || data === undefined || format === undefined || layout === undefined) {
    log.error(usage);
    return 2;
  }
  try {
    const outcome = await restore({
      url,
      proof,
      layout,
      format,
      data,
      log,
      ...(connections === undefined ? {} : { connections: Number(connections) }),
    });
    log.info(outcome, { url });
    return 0;
  } catch (error) {
    log.error(describeError(error), { url });
    return error instanceof RestoreError && error.kind !== "permanent" ? tryAgain : 1;
  }
}

async function main([command, ...rest]: readonly string[]): Promise<number> {
  const log = createLog();
  try {
    switch (command) {
      case "run":
        return await runCommand(rest);
      case "restore":
        return await restoreCommand(rest, log);
      default:
        log.error(usage);
        return 2;
    }
  } catch (error) {
    log.error(describeError(error), { command });
    return 1;
  }
}

// The thread that unpacks starts from the same bundle.
if (isMainThread) {
  process.exitCode = await main(process.argv.slice(2));
  // A socket that is still open must not keep a finished command alive.
  setTimeout(() => process.exit(), 2000).unref();
}
