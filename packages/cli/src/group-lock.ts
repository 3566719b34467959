import { Coordination, withGroupLock, type Holder } from "@coinfleet/coordination";
import { calling } from "./aws-call.ts";

/** Whose lock it is, and where. */
interface GroupWork {
  readonly coordinationTable: string;
  readonly region?: string | undefined;
  readonly claim: Omit<Holder, "untilMs">;
  readonly pollMs: number;
}

/** An update's name for a node's lock: its steps are processes of their own, and hand it on to each other by it. */
export const updateOf = (node: string): string => `update of ${node}`;

/** The environment's table, whose refusals are explained. */
export function openCoordination(table: string, region?: string): Pick<Coordination, keyof Coordination> {
  const opened = new Coordination({ table, region });
  return {
    acquire: (...args) => calling("dynamodb:PutItem", opened.acquire(...args)),
    release: (...args) => calling("dynamodb:DeleteItem", opened.release(...args)),
    hold: (...args) => calling("dynamodb:PutItem", opened.hold(...args)),
    lift: (...args) => calling("dynamodb:DeleteItem", opened.lift(...args)),
    holdOn: (...args) => calling("dynamodb:Query", opened.holdOn(...args)),
    record: (...args) => calling("dynamodb:PutItem", opened.record(...args)),
    actionsSince: (...args) => calling("dynamodb:Query", opened.actionsSince(...args)),
    everything: (...args) => calling("dynamodb:Scan", opened.everything(...args)),
  };
}

/** Does `work` while nobody else takes a node of the group out of service. `onWait` throws to give up. */
export async function lockingGroup<T>(
  { coordinationTable, region, claim, pollMs }: GroupWork,
  onWait: (holder: Holder) => void,
  work: () => Promise<T>,
): Promise<T> {
  return withGroupLock(openCoordination(coordinationTable, region), claim, { pollMs, onWait }, work);
}
