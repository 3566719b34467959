import { GetParameterCommand, type Parameter, type SSMClient } from "@aws-sdk/client-ssm";
import { calling, errorCode } from "./aws-call.ts";

/** A parameter by its name; undefined where there is none. */
export async function readParameter(ssm: SSMClient, Name: string): Promise<Parameter | undefined> {
  const answer = await calling(
    "ssm:GetParameter",
    ssm.send(new GetParameterCommand({ Name })).catch((cause: unknown) => {
      if (errorCode(cause) === "ParameterNotFound") return undefined;
      throw cause;
    }),
  );
  return answer?.Parameter;
}
