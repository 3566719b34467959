import { z } from "zod";

/** One call of a sync check and what the real daemon answered: the text as it came, or that nothing came. */
const exchange = z.strictObject({
  /** Role of the port. */
  port: z.string(),
  path: z.string(),
  /** JSON-RPC method, where it is such a call. */
  method: z.string().optional(),
  params: z.unknown().optional(),
  answer: z.union([
    z.strictObject({ status: z.int(), text: z.string() }),
    // An answer that is no text.
    z.strictObject({ status: z.int(), hex: z.hex() }),
    z.strictObject({ failure: z.enum(["refused", "timeout", "too-large"]) }),
  ]),
});

const status = z.strictObject({
  height: z.int(),
  tipHash: z.string(),
  tipTimeSec: z.int(),
  knownHeight: z.int(),
  peers: z.int(),
  isInitialSync: z.boolean(),
});

/** What a daemon answered to a sync check, and what the check must make of it. */
export const recordingSchema = z.strictObject({
  /** The situation that the daemon was in. */
  what: z.string(),
  /** Client, version, source and date; or where an answer that could not be recorded comes from. */
  from: z.string(),
  /** The network that the stack file would name. */
  network: z.string(),
  exchanges: z.array(exchange),
  expected: z.union([z.strictObject({ status }), z.strictObject({ failure: z.string() })]),
});

export type Recording = z.infer<typeof recordingSchema>;
export type Exchange = z.infer<typeof exchange>;
