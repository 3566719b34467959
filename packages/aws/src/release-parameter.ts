import * as pulumi from "@pulumi/pulumi";
import { renderReleaseParameter } from "@coinfleet/host";
import type { ResolvedGroup } from "@coinfleet/sdk";
import type { GroupImages } from "./images.ts";

/** The value of the parameter `release`, once its images exist. */
export function releaseParameter(group: ResolvedGroup, { clients, next }: Pick<GroupImages, "clients" | "next">): pulumi.Output<string> {
  return pulumi
    .all([pulumi.all(clients), pulumi.all(next)])
    .apply(([images, nextImages]) => renderReleaseParameter(group, images, nextImages));
}
