/** What the engine and the SDK use for the largest message. */
const largestMessageBytes = 400 * 1024 * 1024;

/** Settings for every gRPC server and client of the host. */
export const messageLimits = {
  "grpc.max_receive_message_length": largestMessageBytes,
  "grpc.max_send_message_length": largestMessageBytes,
} as const;

/** Where the engine listens, and what it wants of its plugins. */
export interface Engine {
  address: string;
  readonly tracing: string;
}

/** Reads the command line with which the engine starts a language host: `[--tracing URL] [-v=N] <engine address>`. */
export function parseCommandLine(args: readonly string[]): Engine {
  const tracing = args.indexOf("--tracing");
  return {
    address: args.findLast((arg) => /^[^-].*:\d+$/.test(arg) && !arg.includes("://")) ?? "",
    tracing: tracing < 0 ? "" : (args[tracing + 1] ?? ""),
  };
}
