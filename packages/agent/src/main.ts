import { parseArgs } from "node:util";
import { createLog, describeError, type Log } from "./log.ts";
import { archiveFormats } from "@coinfleet/sdk";
import { RestoreError } from "./restore/restore-error.ts";
import { restore } from "./restore/restore.ts";
import { run, runDefaults } from "./run.ts";

const usage = `usage: agent run [--config FILE] [--coin URL] [--requests DIR] [--volume DIR] [--starts FILE] [--port N] [--probe-every-ms N]
       agent restore --url URL --sha256 HEX --format ${archiveFormats.join("|")} --data DIR
exit codes of restore: 0 restored, or nothing to do; 75 try again; 1 do not`;

/** Exit code of a failure that another try may mend (EX_TEMPFAIL). */
const tryAgain = 75;

async function runCommand(parameters: string[]): Promise<number> {
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
  const { values } = parseArgs({ args: parameters, options: { url: option, sha256: option, format: option, data: option } });
  const { url, sha256, data } = values;
  const format = archiveFormats.find((one) => one === values.format);
  if (url === undefined || sha256 === undefined || data === undefined || format === undefined) {
    log.error(usage);
    return 2;
  }
  try {
    const outcome = await restore({ url, sha256, format, data, log });
    log.info(outcome, { url });
    return 0;
  } catch (error) {
    log.error(describeError(error), { url });
    return error instanceof RestoreError && error.kind === "transient" ? tryAgain : 1;
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

process.exitCode = await main(process.argv.slice(2));
// A socket that is still open must not keep a finished command alive.
setTimeout(() => process.exit(), 2000).unref();
