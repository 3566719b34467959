import { hostname } from "node:os";
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { calling, errorCode } from "../aws-call.ts";
import { CliError } from "../cli-error.ts";

/** How often a drill says that it is alive, and after how long a silent one is taken for dead. */
const beatMs = 60_000;
const deadMs = 5 * 60_000;

/** The right to drill a group, held by one process at a time: a parameter that the holder renews. */
export interface Turn {
  end(): Promise<void>;
}

/** Takes it, also from a process that has died. @throws {@link CliError} `DrillUnderWay` while another one has it */
export async function takeTurn(ssm: SSMClient, environment: string, group: string): Promise<Turn> {
  const Name = `/coinfleet/${environment}/drills/run/${group}`;
  const put = async (Overwrite: boolean): Promise<void> => {
    const Value = `${hostname()}:${process.pid}`;
    await ssm.send(new PutParameterCommand({ Name, Type: "String", Value, Overwrite }));
  };
  const remove = async (): Promise<void> => {
    const gone = (cause: unknown): void => {
      if (errorCode(cause) !== "ParameterNotFound") throw cause;
    };
    await calling(
      "ssm:DeleteParameter",
      ssm.send(new DeleteParameterCommand({ Name })).then(() => undefined, gone),
    );
  };
  const isFree = (): Promise<boolean> =>
    calling(
      "ssm:PutParameter",
      put(false).then(
        () => true,
        (cause: unknown) => {
          if (errorCode(cause) === "ParameterAlreadyExists") return false;
          throw cause;
        },
      ),
    );
  if (!(await isFree())) {
    const { Parameter: other } = await calling("ssm:GetParameter", ssm.send(new GetParameterCommand({ Name })));
    const seen = other?.LastModifiedDate?.getTime() ?? 0;
    if (Date.now() - seen > deadMs) await remove();
    if (Date.now() - seen <= deadMs || !(await isFree())) throw underWay(Name, other?.Value, seen);
  }
  const beat = setInterval(() => void put(true).catch(() => undefined), beatMs);
  beat.unref();
  return {
    end: async () => {
      clearInterval(beat);
      await remove();
    },
  };
}

function underWay(where: string, by: string | undefined, seenMs: number): CliError {
  return new CliError("DrillUnderWay", {
    title: "A drill of this group is under way.",
    where,
    got: `${by ?? "somebody"}, last heard of at ${new Date(seenMs).toISOString()}`,
    fix: `Wait for it. One that has died is taken over ${deadMs / 60_000} minutes after its last sign of life.`,
    state: "Nothing has been changed.",
  });
}
