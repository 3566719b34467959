import { agentPort, coordinationTable } from "@coinfleet/sdk";
import { hostPaths } from "./host-paths.ts";
import { growVolumesScript } from "./scripts/grow-volumes.ts";

/** An SSM Command document of an environment. */
interface CommandDocument {
  readonly name: string;
  readonly documentType: "Command";
  /** JSON text. */
  readonly content: string;
}

export type CommandDocuments = Readonly<Record<"apply" | "drain" | "restart" | "stop" | "status" | "chain", CommandDocument>>;

/**
 * The ways in which a change reaches a host.
 * `apply`: read the parameters again and restart what they change; returns at once where the host waits for something.
 * `drain`: stop the daemons within their own stop time and unmount the data volume.
 * `stop`: stop the daemons within their own stop time, and leave the volume mounted; the next `apply` starts them.
 * `restart`: stop the daemons within their own stop time and start them again.
 * `status`: say how far each step is; fails when one has failed. Changes nothing.
 * `chain`: print what the node's agent knows of its chain (`AgentStatus` as JSON). Changes nothing.
 */
export function renderDocuments(environment: string): CommandDocuments {
  const { scripts, command, run, data } = hostPaths;
  return {
    apply: commandDocument(environment, "apply", "Reads the node's parameters again and restarts what they change.", `${scripts}/apply`),
    drain: commandDocument(
      environment,
      "drain",
      "Stops the node within its own stop time and unmounts its data volume.",
      `${scripts}/drain`,
    ),
    stop: commandDocument(
      environment,
      "stop",
      "Stops the node within its own stop time, until the next apply.",
      // Not between the steps of an apply, and not before what was written is on the volume.
      `mkdir -p ${run} && flock -w 600 ${run}/apply.lock systemctl stop 'node@*.service' && sync -f ${data}`,
    ),
    restart: commandDocument(environment, "restart", "Stops the node within its own stop time and starts it again.", `${command} restart`),
    // 3 says that a step waits, which is not a failure.
    status: commandDocument(environment, "status", "Says how far the node's host is.", `${command} status || [ $? = 3 ]`),
    chain: commandDocument(
      environment,
      "chain",
      "Prints what the node's agent knows of its chain.",
      `curl --silent --show-error --fail --max-time 10 http://127.0.0.1:${agentPort}/status`,
    ),
  };
}

function commandDocument(environment: string, action: string, description: string, command: string): CommandDocument {
  const content = {
    schemaVersion: "2.2",
    description,
    mainSteps: [{ action: "aws:runShellScript", name: action, inputs: { timeoutSeconds: "7200", runCommand: [command] } }],
  };
  return { name: `coinfleet-${environment}-${action}`, documentType: "Command", content: JSON.stringify(content) };
}

/** The Automation document that grows an environment's data volumes, one look at all of them each time it runs. `roleArn`: whom it acts as. */
export function renderGrower(environment: string, roleArn: string): string {
  const inputs = {
    Runtime: "python3.11",
    Handler: "grow_volumes",
    InputPayload: { environment, table: coordinationTable(environment) },
    Script: growVolumesScript,
  };
  return JSON.stringify({
    schemaVersion: "0.3",
    description: "Grows the data volumes of an environment that are four fifths full.",
    assumeRole: roleArn,
    mainSteps: [{ name: "grow", action: "aws:executeScript", timeoutSeconds: 300, inputs }],
  });
}
