import { hostPaths } from "./host-paths.ts";

/** An SSM Command document of an environment. */
export interface CommandDocument {
  readonly name: string;
  readonly documentType: "Command";
  /** JSON text. */
  readonly content: string;
}

/**
 * The two ways in which a change reaches a host.
 * `apply`: read the parameters again and restart what they change; returns at once where the host waits for something.
 * `drain`: stop the daemons within their own stop time and unmount the data volume.
 */
export function renderDocuments(environment: string): { readonly apply: CommandDocument; readonly drain: CommandDocument } {
  return {
    apply: commandDocument(environment, "apply", "Reads the node's parameters again and restarts what they change."),
    drain: commandDocument(environment, "drain", "Stops the node within its own stop time and unmounts its data volume."),
  };
}

function commandDocument(environment: string, action: "apply" | "drain", description: string): CommandDocument {
  const content = {
    schemaVersion: "2.2",
    description,
    mainSteps: [
      {
        action: "aws:runShellScript",
        name: action,
        inputs: { timeoutSeconds: "7200", runCommand: [`${hostPaths.scripts}/${action}`] },
      },
    ],
  };
  return { name: `coinfleet-${environment}-${action}`, documentType: "Command", content: JSON.stringify(content) };
}
