import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedGroup } from "@coinfleet/sdk";
import { fleetDashboard, groupDashboard } from "./dashboard-body.ts";
import type { Place } from "./place.ts";

export interface DashboardsArgs {
  readonly place: Place;
  readonly groups: readonly ResolvedGroup[];
}

/** A dashboard of the fleet and one per group, drawn from the catalogues of metrics and alarms. Three are free, then $3 each a month. */
export class Dashboards extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Dashboards";
  /** Name of each. */
  readonly names: readonly string[];

  constructor(name: string, args: DashboardsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Dashboards.type, name, {}, opts);
    const { place, groups } = args;
    const title = `coinfleet-${place.environment}`;
    new aws.cloudwatch.Dashboard(`${name}-fleet`, { dashboardName: title, dashboardBody: fleetDashboard(place, groups) }, { parent: this });
    for (const group of groups) {
      new aws.cloudwatch.Dashboard(
        `${name}-${group.name}`,
        { dashboardName: `${title}-${group.name}`, dashboardBody: groupDashboard(place, group) },
        { parent: this },
      );
    }
    this.names = [title, ...groups.map((group) => `${title}-${group.name}`)];
    this.registerOutputs({ names: this.names });
  }
}
