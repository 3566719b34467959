import type { Coordination } from "@coinfleet/coordination";
import { coordinationTable, type AgentConfig } from "@coinfleet/sdk";

type Table = Pick<Coordination, "holdOn" | "actionsSince" | "acquire" | "record" | "release">;

export interface RestartLeaveOptions {
  readonly config: Pick<AgentConfig, "environment" | "region" | "group" | "node" | "selfHealing">;
  /** @default the environment's table in DynamoDB */
  readonly table?: Table;
  /** Unix milliseconds. @default Date.now */
  readonly now?: () => number;
}

const daySec = 86_400;
/** An agent that dies with its host keeps the group for so long. */
const leaseSec = 180;

/**
 * The group's leave to restart this node: no operator holds it, it was not restarted too often, and nobody works on another node of the group.
 * Methods throw what DynamoDB refuses; without its word nothing is restarted.
 */
export class RestartLeave {
  readonly #options: RestartLeaveOptions;
  #table: Table | undefined;

  constructor(options: RestartLeaveOptions) {
    this.#options = options;
    this.#table = options.table;
  }

  /** @returns undefined when the node may be restarted, and the group is then its own until {@link giveBack}; else why not */
  async ask(why: string): Promise<string | undefined> {
    const { group, node, selfHealing } = this.#options.config;
    if (selfHealing.restartsPerDay === 0) return "selfHealing is off in the stack file";
    const table = await this.#open();
    const hold = await table.holdOn({ group, node });
    if (hold !== undefined) return `${hold.by} holds the node: ${hold.reason}`;
    const since = (this.#options.now ?? Date.now)() - daySec * 1000;
    const restarts = (await table.actionsSince(group, since)).filter((one) => one.kind === "restart" && one.by === this.#claim.owner);
    if (restarts.length >= selfHealing.restartsPerDay) return `it was restarted ${restarts.length} times in 24 hours already`;
    const other = await table.acquire({ ...this.#claim, reason: why }, leaseSec);
    if (other !== undefined) return `${other.owner} has the group: ${other.reason}`;
    try {
      await table.record({ group, node, kind: "restart", why, by: this.#claim.owner });
    } catch (error) {
      await this.giveBack();
      throw error;
    }
    return undefined;
  }

  /** Keeps the group for longer. */
  async keep(): Promise<void> {
    await (await this.#open()).acquire({ ...this.#claim, reason: "restarted, and not synced yet" }, leaseSec);
  }

  async giveBack(): Promise<void> {
    await (await this.#open()).release(this.#claim);
  }

  get #claim(): { readonly group: string; readonly owner: string } {
    const { group, node } = this.#options.config;
    return { group, owner: `agent of ${node}` };
  }

  async #open(): Promise<Table> {
    if (this.#table !== undefined) return this.#table;
    // Only here: most agents never need DynamoDB's client, and it costs memory.
    const { Coordination } = await import("@coinfleet/coordination");
    const { environment, region } = this.#options.config;
    return (this.#table = new Coordination({ table: coordinationTable(environment), region, maxAttempts: 2 }));
  }
}
