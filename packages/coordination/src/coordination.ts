import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  type AttributeValue,
} from "@aws-sdk/client-dynamodb";
import { coordinationKeys, groupScope, holdScope } from "@coinfleet/sdk";

const { scope, entry, expires } = coordinationKeys;

/** Who works on a group. */
export interface Holder {
  readonly group: string;
  /** Unique for one piece of work: whoever has the same name has the same lock. */
  readonly owner: string;
  readonly reason: string;
  /** Unix milliseconds at which it ends by itself. */
  readonly untilMs: number;
}

/** An operator's word that nothing is to happen to a node by itself. */
export interface Hold {
  readonly group: string;
  readonly node: string;
  readonly reason: string;
  readonly by: string;
  readonly sinceMs: number;
}

export type ActionKind = "restart" | "grow";

/** What was done to a node, and why: the event of it. Kept for 90 days. */
export interface Action {
  readonly group: string;
  readonly node: string;
  readonly kind: ActionKind;
  readonly why: string;
  readonly by: string;
  readonly atMs: number;
}

export interface CoordinationOptions {
  /** Name of the environment's table, see `coordinationTable`. */
  readonly table: string;
  readonly region?: string | undefined;
  /** Tries of each call. @default the SDK's */
  readonly maxAttempts?: number;
  /** Unix milliseconds. @default Date.now */
  readonly now?: () => number;
}

type Item = Readonly<Record<string, AttributeValue>>;

const lockEntry = "lock";
const actionPrefix = "action/";
const keptDays = 90;
const text = (value: string): AttributeValue => ({ S: value });
const number = (value: number): AttributeValue => ({ N: String(value) });
const textOf = (item: Item, name: string): string => item[name]?.S ?? "";
const numberOf = (item: Item, name: string): number => Number(item[name]?.N ?? 0);
const groupOf = (item: Item): string => textOf(item, scope).replace(/^[a-z]+\//, "");

/** Reads and writes the coordination table of one environment. Every method throws what the API refused. */
export class Coordination {
  readonly #client: DynamoDBClient;
  readonly #now: () => number;
  readonly #TableName: string;

  constructor({ table, region, maxAttempts, now = Date.now }: CoordinationOptions) {
    this.#client = new DynamoDBClient({
      ...(region === undefined ? {} : { region }),
      ...(maxAttempts === undefined ? {} : { maxAttempts }),
      requestHandler: { connectionTimeout: 2000, requestTimeout: 6000, throwOnRequestTimeout: true },
    });
    this.#now = now;
    this.#TableName = table;
  }

  /**
   * Takes a group's lock, or takes it for longer when its owner has it already. A lock whose time is over is anybody's.
   * @returns undefined when the owner has it now; else who has it
   */
  async acquire(claim: Omit<Holder, "untilMs">, leaseSec: number): Promise<Holder | undefined> {
    const now = this.#now();
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#TableName,
          Item: {
            ...key(groupScope(claim.group), lockEntry),
            Owner: text(claim.owner),
            Reason: text(claim.reason),
            Until: number(now + leaseSec * 1000),
          },
          ConditionExpression: "attribute_not_exists(#owner) OR #owner = :owner OR #until < :now",
          ExpressionAttributeNames: { "#owner": "Owner", "#until": "Until" },
          ExpressionAttributeValues: { ":owner": text(claim.owner), ":now": number(now) },
          ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        }),
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return toHolder(error.Item ?? {}, claim.group);
    }
  }

  /** Gives a group's lock back. Does nothing when somebody else has it by now. */
  async release({ group, owner }: Pick<Holder, "group" | "owner">): Promise<void> {
    try {
      await this.#client.send(
        new DeleteItemCommand({
          TableName: this.#TableName,
          Key: key(groupScope(group), lockEntry),
          ConditionExpression: "#owner = :owner",
          ExpressionAttributeNames: { "#owner": "Owner" },
          ExpressionAttributeValues: { ":owner": text(owner) },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  /** Keeps everything that would act by itself away from a node, until {@link lift}. */
  async hold({ group, node, reason, by }: Omit<Hold, "sinceMs">): Promise<void> {
    const said = { Reason: text(reason), By: text(by), Since: number(this.#now()) };
    await this.#client.send(new PutItemCommand({ TableName: this.#TableName, Item: { ...key(holdScope(group), node), ...said } }));
  }

  /** @returns whether there was a hold */
  async lift({ group, node }: Pick<Hold, "group" | "node">): Promise<boolean> {
    const command = new DeleteItemCommand({ TableName: this.#TableName, Key: key(holdScope(group), node), ReturnValues: "ALL_OLD" });
    return (await this.#client.send(command)).Attributes !== undefined;
  }

  /** The hold on a node. */
  async holdOn({ group, node }: Pick<Hold, "group" | "node">): Promise<Hold | undefined> {
    const found = await this.#query(holdScope(group), node);
    return found.map(toHold).find((one) => one.node === node);
  }

  /** Writes down what is about to be done to a node. */
  async record({ group, node, kind, why, by }: Omit<Action, "atMs">): Promise<void> {
    const at = this.#now();
    const Item = {
      ...key(groupScope(group), `${actionPrefix}${new Date(at).toISOString()}/${node}`),
      ...{ Node: text(node), Kind: text(kind), Why: text(why), By: text(by), At: number(at) },
      [expires]: number(Math.round(at / 1000) + keptDays * 86_400),
    };
    await this.#client.send(new PutItemCommand({ TableName: this.#TableName, Item }));
  }

  /** What was done to a group's nodes since then, oldest first. */
  async actionsSince(group: string, sinceMs: number): Promise<readonly Action[]> {
    const items = await this.#query(groupScope(group), actionPrefix);
    return items.map(toAction).filter(({ atMs }) => atMs >= sinceMs);
  }

  /** Every lock that has not ended and every hold of the environment. */
  async everything(): Promise<{ readonly locks: readonly Holder[]; readonly holds: readonly Hold[] }> {
    const found: Item[] = [];
    let start: Record<string, AttributeValue> | undefined;
    do {
      const answer = await this.#client.send(
        new ScanCommand({
          TableName: this.#TableName,
          FilterExpression: "NOT begins_with(#entry, :action)",
          ExpressionAttributeNames: { "#entry": entry },
          ExpressionAttributeValues: { ":action": text(actionPrefix) },
          ExclusiveStartKey: start,
        }),
      );
      found.push(...(answer.Items ?? []));
      start = answer.LastEvaluatedKey;
    } while (start !== undefined);
    const isHold = (item: Item): boolean => textOf(item, scope).startsWith(holdScope(""));
    const locks = found.filter((item) => !isHold(item)).map((item) => toHolder(item, groupOf(item)));
    return { locks: locks.filter(({ untilMs }) => untilMs > this.#now()), holds: found.filter(isHold).map(toHold) };
  }

  async #query(of: string, prefix: string): Promise<readonly Item[]> {
    const found: Item[] = [];
    let start: Record<string, AttributeValue> | undefined;
    do {
      const answer = await this.#client.send(
        new QueryCommand({
          TableName: this.#TableName,
          ConsistentRead: true,
          KeyConditionExpression: "#scope = :scope AND begins_with(#entry, :prefix)",
          ExpressionAttributeNames: { "#scope": scope, "#entry": entry },
          ExpressionAttributeValues: { ":scope": text(of), ":prefix": text(prefix) },
          ExclusiveStartKey: start,
        }),
      );
      found.push(...(answer.Items ?? []));
      start = answer.LastEvaluatedKey;
    } while (start !== undefined);
    return found;
  }
}

const key = (of: string, which: string): Record<string, AttributeValue> => ({ [scope]: text(of), [entry]: text(which) });

const toHolder = (item: Item, group: string): Holder => ({
  group,
  owner: textOf(item, "Owner"),
  reason: textOf(item, "Reason"),
  untilMs: numberOf(item, "Until"),
});

const toHold = (item: Item): Hold => ({
  group: groupOf(item),
  node: textOf(item, entry),
  reason: textOf(item, "Reason"),
  by: textOf(item, "By"),
  sinceMs: numberOf(item, "Since"),
});

const toAction = (item: Item): Action => ({
  group: groupOf(item),
  node: textOf(item, "Node"),
  kind: textOf(item, "Kind") === "grow" ? "grow" : "restart",
  why: textOf(item, "Why"),
  by: textOf(item, "By"),
  atMs: numberOf(item, "At"),
});
