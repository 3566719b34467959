import type { Architecture } from "@coinfleet/sdk";
import { digestOf, shortDigest } from "../digest.ts";
import { firewallRules } from "../scripts/firewall.ts";
import { hostScripts } from "../scripts/index.ts";
import { hostUnits } from "../units.ts";
import { packerPlugins, packerTemplate } from "./packer-template.ts";
import {
  cloudWatchAgentSettings,
  dockerSettings,
  installScript,
  journalSettings,
  packagesScript,
  type Distribution,
  type PinnedPackage,
} from "./provision.ts";

/** What {@link renderMachineImage} is given. */
export interface MachineImageOptions {
  readonly distribution: Distribution;
  readonly architecture: Architecture;
  /** Name pattern and owner (account id) of the distribution's image. */
  readonly source: { readonly name: string; readonly owner: string };
  readonly sshUser: string;
  readonly instanceType: string;
  /** SSM agent for a Debian whose source image has none. @default - the source image has it */
  readonly ssmAgent?: PinnedPackage | undefined;
}

/** A folder for Packer. */
export interface MachineImage {
  /** Path in the folder → text. `template.pkr.hcl` is the template, `plugins/` is for `packer init`. */
  readonly files: Readonly<Record<string, string>>;
  /** SHA-256 of all files but for the image's own name. */
  readonly digest: string;
  /** Name of the AMI. An image of that name is this image: build it once. */
  readonly amiName: string;
}

/** The Packer folder of the hosts' machine image. */
export function renderMachineImage(options: MachineImageOptions): MachineImage {
  const { distribution, architecture, source, sshUser, instanceType, ssmAgent } = options;
  const provision = provisionFiles(distribution, ssmAgent);
  const digest = digestOf({
    provision,
    template: packerTemplate({ amiName: "", digest: "", architecture, source, sshUser, instanceType }),
  });
  const amiName = `coinfleet-host-${distribution}-${architecture}-${shortDigest(digest)}`;
  return {
    files: {
      "template.pkr.hcl": packerTemplate({ amiName, digest, architecture, source, sshUser, instanceType }),
      "plugins/required-plugins.pkr.hcl": packerPlugins,
      ...provision,
    },
    digest,
    amiName,
  };
}

function provisionFiles(distribution: Distribution, ssmAgent: PinnedPackage | undefined): Readonly<Record<string, string>> {
  const root = {
    ...hostScripts,
    ...Object.fromEntries(Object.entries(hostUnits).map(([name, text]) => [`etc/systemd/system/${name}`, text])),
    "etc/coinfleet/firewall.nft": firewallRules,
    "etc/docker/daemon.json": dockerSettings,
    "etc/systemd/journald.conf.d/coinfleet.conf": journalSettings,
    ...(distribution === "amazon-linux-2023"
      ? { "opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json": cloudWatchAgentSettings }
      : {}),
  };
  return {
    "provision/install.sh": installScript,
    "provision/packages.sh": packagesScript(distribution, ssmAgent),
    ...Object.fromEntries(Object.entries(root).map(([path, text]) => [`provision/root/${path}`, text])),
  };
}
