import { applyScript, drainScript, hostCommand } from "./commands.ts";
import { configureScript, privateAddress, writeFilesScript } from "./configure.ts";
import { firewallScript, gateScript } from "./firewall.ts";
import { library, prologue } from "./library.ts";
import { forwardLogsScript, gelfLinesScript } from "./logs.ts";
import { chooseReleaseScript, nextScript } from "./next-release.ts";
import {
  agentScript,
  dataFileScript,
  dataFilesScript,
  firstStartScript,
  nodeScript,
  nodeStopScript,
  pullScript,
  releaseCheckScript,
  reportRunningScript,
  restartScript,
  restoreScript,
  switchScript,
} from "./node.ts";
import {
  volumeBlankScript,
  volumeDevicesScript,
  volumeFormatScript,
  volumeGrowScript,
  volumeOwnerScript,
  volumeScript,
  volumeStopScript,
} from "./volume.ts";

/** Path on the host → text of every script. `library.sh` is sourced by the others. */
export const hostScripts: Readonly<Record<string, string>> = {
  "usr/lib/coinfleet/library.sh": library + privateAddress,
  "usr/lib/coinfleet/firewall": prologue("firewall") + firewallScript,
  "usr/lib/coinfleet/gate": prologue("gate") + gateScript,
  "usr/lib/coinfleet/configure": prologue("configure") + configureScript,
  "usr/lib/coinfleet/write-files": prologue("configure") + writeFilesScript,
  "usr/lib/coinfleet/volume": prologue("volume") + volumeScript,
  "usr/lib/coinfleet/volume-devices": prologue("volume") + volumeDevicesScript,
  "usr/lib/coinfleet/volume-blank": prologue("volume") + volumeBlankScript,
  "usr/lib/coinfleet/volume-format": prologue("volume") + volumeFormatScript,
  "usr/lib/coinfleet/volume-owner": prologue("volume") + volumeOwnerScript,
  "usr/lib/coinfleet/volume-grow": prologue("grow") + volumeGrowScript,
  "usr/lib/coinfleet/volume-stop": prologue("volume") + volumeStopScript,
  "usr/lib/coinfleet/restore": prologue("restore") + restoreScript,
  "usr/lib/coinfleet/pull": prologue("$1") + pullScript,
  "usr/lib/coinfleet/choose-release": prologue("switch") + chooseReleaseScript,
  "usr/lib/coinfleet/next": prologue("next") + nextScript,
  "usr/lib/coinfleet/switch": prologue("switch") + switchScript,
  "usr/lib/coinfleet/release-check": prologue("node") + releaseCheckScript,
  "usr/lib/coinfleet/data-files": prologue("node") + dataFilesScript,
  "usr/lib/coinfleet/data-file": dataFileScript,
  "usr/lib/coinfleet/first-start": prologue("node") + firstStartScript,
  "usr/lib/coinfleet/node": prologue("node") + nodeScript,
  "usr/lib/coinfleet/node-stop": prologue("node") + nodeStopScript,
  "usr/lib/coinfleet/report-running": prologue("running") + reportRunningScript,
  "usr/lib/coinfleet/agent": prologue("agent") + agentScript,
  "usr/lib/coinfleet/forward-logs": prologue("logs") + forwardLogsScript,
  "usr/lib/coinfleet/gelf-lines": prologue("logs") + gelfLinesScript,
  "usr/lib/coinfleet/restart": prologue("restart") + restartScript,
  "usr/lib/coinfleet/apply": prologue("apply") + applyScript,
  "usr/lib/coinfleet/drain": prologue("drain") + drainScript,
  "usr/local/bin/coinfleet-host": prologue("host") + hostCommand,
};
