/** `short`: the next `up` fails, or a change of hosts. `tight`: nine tenths are taken. `unknown`: AWS did not tell its limit. */
type QuotaState = "ok" | "tight" | "short" | "unknown";

/** One quota of the account and region. */
export interface QuotaRow {
  /** AWS's code of it, with the service: what a request for more names. */
  readonly code: string;
  readonly name: string;
  readonly unit: string;
  readonly limit?: number;
  /** In use by others than this environment. */
  readonly others: number;
  /** What this environment takes at most: what it has or what its stack file says, and what a change takes besides. */
  readonly wanted: number;
  readonly state: QuotaState;
  /** What to ask AWS for, where it is short or tight: a half more than is needed. */
  readonly ask?: number;
}

const tightFrom = 0.9;
const askFor = 1.5;

/** Says whether there is room. */
export function judgeQuota(row: Omit<QuotaRow, "state" | "ask">): QuotaRow {
  const { limit, others, wanted } = row;
  if (limit === undefined) return { ...row, state: "unknown" };
  const needed = others + wanted;
  if (needed <= limit * tightFrom) return { ...row, state: "ok" };
  return { ...row, state: needed > limit ? "short" : "tight", ask: Math.ceil(needed * askFor) };
}
