import { DescribeInstanceInformationCommand, GetCommandInvocationCommand, SendCommandCommand } from "@aws-sdk/client-ssm";
import type { SSMClient } from "@aws-sdk/client-ssm";
import { calling, errorCode } from "./aws-call.ts";
import { CliError } from "./cli-error.ts";
import type { Deadline } from "./deadline.ts";

const running = new Set(["Pending", "InProgress", "Delayed", "Cancelling"]);

/** Whether the SSM agent of an instance answers now. */
export async function isOnline(ssm: SSMClient, instanceId: string): Promise<boolean> {
  const answer = await calling(
    "ssm:DescribeInstanceInformation",
    ssm.send(new DescribeInstanceInformationCommand({ Filters: [{ Key: "InstanceIds", Values: [instanceId] }] })),
  );
  return (answer.InstanceInformationList ?? []).some(({ PingStatus }) => PingStatus === "Online");
}

/** How hosts are asked, by one of the environment's documents. */
export interface HostQuestion {
  readonly ssm: SSMClient;
  readonly document: string;
  readonly deadline: Deadline;
  readonly pollMs: number;
}

/** How a command on a host ended. */
export interface CommandEnd {
  /** SSM's word: Success, Failed, TimedOut, DeliveryTimedOut, Undeliverable, … */
  readonly status: string;
  /** The end of what it said. */
  readonly said: string;
  /** Its standard output, of which SSM keeps 24,000 characters. */
  readonly output: string;
}

const lastLines = (text: string | undefined): string => (text ?? "").trim().split("\n").slice(-15).join("\n           ");

async function invocation(ssm: SSMClient, commandId: string, instanceId: string): Promise<CommandEnd | undefined> {
  const answer = await ssm
    .send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }))
    .catch((cause: unknown) => {
      // For a second or two after SendCommand.
      if (errorCode(cause) === "InvocationDoesNotExist") return undefined;
      throw cause;
    });
  if (answer === undefined || answer.Status === undefined || running.has(answer.Status)) return undefined;
  const detail = answer.StatusDetails?.replaceAll(" ", "");
  const isUndelivered = detail === "DeliveryTimedOut" || detail === "Undeliverable" || detail === "Terminated";
  return {
    status: isUndelivered ? detail : answer.Status,
    output: answer.StandardOutputContent ?? "",
    said: [lastLines(answer.StandardErrorContent), lastLines(answer.StandardOutputContent)]
      .filter((part) => part !== "")
      .join("\n           "),
  };
}

/** Sends a document to one instance and waits for its end. @returns undefined when the deadline passed first */
export async function runDocument(
  ssm: SSMClient,
  document: string,
  instanceId: string,
  deadline: Deadline,
  pollMs: number,
  onWait: (commandId: string) => void,
): Promise<CommandEnd | undefined> {
  const sent = await calling(
    "ssm:SendCommand",
    ssm.send(
      new SendCommandCommand({
        DocumentName: document,
        InstanceIds: [instanceId],
        MaxErrors: "0",
        MaxConcurrency: "1",
        TimeoutSeconds: 60,
      }),
    ),
  );
  const commandId = sent.Command?.CommandId ?? "";
  while (!deadline.hasPassed) {
    const end = await calling(
      "ssm:GetCommandInvocation",
      invocation(ssm, commandId, instanceId),
      `Command ${commandId} may still be running on ${instanceId}.`,
    );
    if (end !== undefined) return end;
    onWait(commandId);
    await deadline.pause(pollMs);
  }
  return undefined;
}

/** An error for a document that ended badly. */
export function documentFailed(document: string, node: string, instanceId: string, end: CommandEnd): CliError {
  return new CliError("CommandFailed", {
    title: `${document} failed on ${node}.`,
    where: instanceId,
    got: `${end.status}${end.said === "" ? "" : `\n           ${end.said}`}`,
    fix: "Read what the host says above; `coinfleet logs` and `coinfleet-host status` (by SSM Session Manager) say more.",
    state: `${node} is as the host left it; the other nodes of its group have not been touched.`,
  });
}
