import { CliError } from "./cli-error.ts";

/** What clients are made of: region from the caller, everything else from the environment (`AWS_ENDPOINT_URL`, profile, credentials). */
export interface AwsSettings {
  readonly region?: string;
  readonly maxAttempts: number;
}

export const awsSettings = (region?: string, maxAttempts = 5): AwsSettings => ({
  ...(region === undefined ? {} : { region }),
  maxAttempts,
});

/** For steps of an update, which nobody watches: what a service refuses for some minutes (5xx, throttling, no connection) ends none. */
export const patientSettings = (region: string): AwsSettings => awsSettings(region, 30);

const hasText = (value: object, key: string): string | undefined => {
  const found: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
  return typeof found === "string" && found !== "" ? found : undefined;
};

/** AWS' error code, or the system's. */
export function errorCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "Unknown";
  return hasText(error, "code") ?? hasText(error, "Code") ?? hasText(error, "name") ?? "Unknown";
}

/** Whether AWS gave this answer, rather than the network or the credentials. */
const hasStatus = (error: object): boolean =>
  "$metadata" in error && typeof error.$metadata === "object" && error.$metadata !== null && "httpStatusCode" in error.$metadata;

/** One line that says which API refused what, and why. */
export function describeAwsError(call: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${call}: ${errorCode(error)}${message === "" ? "" : `: ${message.split("\n")[0] ?? ""}`}`;
}

/** Turns what an AWS client threw into an explained error. `call` is for example `ssm:SendCommand`. */
function awsError(call: string, error: unknown, state = "Nothing has been changed."): CliError {
  const got = describeAwsError(call, error);
  const endpoint = process.env["AWS_ENDPOINT_URL"];
  const where = endpoint === undefined ? call : `${call} at ${endpoint}`;
  const code = errorCode(error);
  if (code === "CredentialsProviderError" || code === "ExpiredTokenException" || code === "ExpiredToken") {
    return new CliError(
      "NoCredentials",
      {
        title: "AWS credentials are missing or have expired.",
        where,
        got,
        fix: 'Log in (`aws sso login`), set AWS_PROFILE, or run `eval "$(npx coinfleet env)"` for the running sandbox.',
        state,
      },
      { cause: error },
    );
  }
  if (typeof error === "object" && error !== null && hasStatus(error)) {
    return new CliError(
      "AwsRefused",
      {
        title: "AWS refused a call.",
        where,
        got,
        fix:
          code.includes("AccessDenied") || code.includes("Unauthorized")
            ? "Give this identity the named permission, or use another profile."
            : "Read what AWS says above.",
        state,
      },
      { cause: error },
    );
  }
  return new CliError(
    "AwsUnreachable",
    {
      title: "AWS cannot be reached.",
      where,
      got,
      fix: 'Check the network, AWS_REGION and AWS_ENDPOINT_URL. For a running sandbox: `eval "$(npx coinfleet env)"`.',
      state,
    },
    { cause: error },
  );
}

/** Runs one AWS call; what it throws is explained. */
export async function calling<T>(call: string, work: Promise<T>, state?: string): Promise<T> {
  return work.catch((cause: unknown) => {
    throw cause instanceof CliError ? cause : awsError(call, cause, state);
  });
}
