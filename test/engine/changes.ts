import { readFileSync } from "node:fs";
import { pricesSchema } from "@coinfleet/report";
import { sandboxExceptions, type Wish } from "./fleet-stack-file.ts";

/** The price list that `coinfleet report` reads. */
export const prices = pricesSchema.parse(JSON.parse(readFileSync(new URL("../../tools/coin/prices.json", import.meta.url), "utf8")));

/** A change of the repository: to the stack file, or to the program. */
export interface Change {
  /** Permanent: name of its recording. */
  readonly id: string;
  readonly wish?: Wish;
  /** File, text, what it becomes. */
  readonly edits?: readonly (readonly [path: string, from: string, to: string])[];
  readonly verdict: "no change" | "safe" | "needs care" | "blocked";
  /** What the note must say. */
  readonly says: readonly string[];
}

const alarms = "packages/sdk/src/alarms.ts";
const nodeAlarms = "packages/aws/src/node-alarms.ts";
const security = "packages/aws/src/group-security.ts";
const permissions = "packages/host/src/permissions.ts";
const volume = "packages/aws/src/data-volume.ts";
const node = "packages/aws/src/node.ts";
const keys = "packages/aws/src/keys.ts";

/** At least the ways in which a fleet has been lost before. */
export const changes: readonly Change[] = [
  { id: "nothing", verdict: "no change", says: [] },
  {
    id: "release-bump",
    wish: { nodes: { ethereum: { release: { geth: "1.16.9" } } } },
    verdict: "needs care",
    says: ["**ethereum**: 1.16.8-go → 1.16.9-go on 1 node", "does **not** survive a downgrade"],
  },
  {
    id: "new-coin",
    wish: { nodes: { monero: { network: "regtest", count: 2, sources: { monerod: "debian" }, volume: { sizeGiB: 2 } } } },
    verdict: "safe",
    says: ["**monero**: new: 2 nodes made (monero-1 and monero-2)", "24 alarms added"],
  },
  { id: "removed-coin", wish: { nodes: { litecoin: undefined } }, verdict: "blocked", says: ["litecoin-2-data-volume-g1", "protected"] },
  { id: "fewer-nodes", wish: { nodes: { litecoin: { count: 1 } } }, verdict: "blocked", says: ["litecoin-2-data-volume-g1", "protected"] },
  { id: "more-nodes", wish: { nodes: { litecoin: { count: 3 } } }, verdict: "needs care", says: [] },
  {
    id: "smaller-volume",
    wish: { nodes: { litecoin: { volume: { sizeGiB: 1 } } } },
    verdict: "blocked",
    says: ["VolumeCannotShrink: the stack file asks for 1 GiB where 2 GiB was promised"],
  },
  {
    id: "larger-volume",
    wish: { nodes: { litecoin: { volume: { sizeGiB: 3 } } } },
    verdict: "safe",
    says: ["litecoin-1: data volume's minimum 2 → 3 GiB"],
  },
  { id: "moved-volume", wish: { fleet: { zones: ["eu-central-1b", "eu-central-1a"] } }, verdict: "blocked", says: ["VolumeCannotMove"] },
  { id: "volume-generation", wish: { nodes: { ethereum: { volume: { sizeGiB: 2, generation: 2 } } } }, verdict: "blocked", says: [] },
  {
    id: "volume-type",
    wish: { nodes: { ethereum: { volume: { sizeGiB: 4, type: "io2", iops: 4000 } } } },
    verdict: "needs care",
    says: ["data volume is modified in place (", "no price is known for io2"],
  },
  {
    id: "instance-type",
    wish: { nodes: { litecoin: { instanceType: "t3.xlarge" } } },
    verdict: "needs care",
    says: ["litecoin-1 and litecoin-2: instance replaced (t3.large → t3.xlarge), one after the other, data volume kept"],
  },
  {
    id: "other-machine-image",
    wish: { fleet: { machineImage: { ids: { x86_64: "ami-0123456789abcdef0" }, distribution: "debian" } } },
    verdict: "needs care",
    says: ["instance replaced (AMI), one after the other, data volume kept"],
  },
  {
    id: "stranger-machine-image",
    wish: {
      fleet: {
        machineImage: {
          source: { name: "d", owner: "111122223333" },
          distribution: "debian",
          sshUser: "debian",
          instanceType: "m6i.large",
        },
      },
    },
    verdict: "blocked",
    says: ["instance-image-ours: machine image: it is built from an image of account 111122223333"],
  },
  {
    id: "internal-cidr",
    wish: { nodes: { litecoin: { allowedCidrs: ["10.1.0.0/16"] } } },
    verdict: "needs care",
    says: ["**litecoin**: may now be reached on tcp 19443 from 10.1.0.0/16"],
  },
  {
    id: "port-to-the-world",
    edits: [[security, 'source: "group",', 'source: { cidr: "0.0.0.0/0" },']],
    verdict: "blocked",
    says: ["from **the whole internet**", "ingress-closed"],
  },
  {
    id: "ssh",
    edits: [[security, "const agent: Port = { port: agentPort,", "const agent: Port = { port: 22,"]],
    verdict: "blocked",
    says: ["ingress-closed", "SSH"],
  },
  {
    id: "alarm-loosened",
    edits: [[alarms, "threshold: () => 90", "threshold: () => 99"]],
    verdict: "needs care",
    says: ["alarm disk-nearly-full of", "is loosened: threshold 90 → 99"],
  },
  {
    id: "alarm-tightened",
    edits: [[alarms, "threshold: () => 90", "threshold: () => 85"]],
    verdict: "safe",
    says: ["changes and hears no less"],
  },
  {
    id: "alarm-slower",
    edits: [[alarms, "datapointsToAlarm: 3, evaluationPeriods: 3", "datapointsToAlarm: 30, evaluationPeriods: 30"]],
    verdict: "needs care",
    says: ["bad samples needed 3 → 30"],
  },
  {
    id: "alarm-removed",
    edits: [[nodeAlarms, "of alarms)", 'of alarms.filter(({ id }) => id !== "disk-nearly-full"))']],
    verdict: "needs care",
    says: ["alarm disk-nearly-full of", "is removed"],
  },
  {
    id: "liveness-removed",
    edits: [[nodeAlarms, "of alarms)", 'of alarms.filter(({ id }) => id !== "node-down"))']],
    verdict: "blocked",
    says: ["alarm node-down of", "is removed: nobody would hear that it is silent", "node-has-liveness-alarm"],
  },
  {
    id: "liveness-deaf",
    edits: [[nodeAlarms, "treatMissingData: alarm.treatMissingData", 'treatMissingData: "notBreaching"']],
    verdict: "blocked",
    says: ["silence no longer counts as a fault"],
  },
  {
    id: "alarms-off",
    edits: [[nodeAlarms, "actionsEnabled: true", "actionsEnabled: false"]],
    verdict: "blocked",
    says: ["its actions are switched off", "alarm-acts"],
  },
  {
    id: "iam-every-action",
    edits: [[permissions, '["ecr:GetAuthorizationToken"]', '["ecr:*"]']],
    verdict: "blocked",
    says: ["may now `ecr:* on *", "role-policy-least-privilege"],
  },
  {
    id: "iam-one-more-action",
    edits: [[permissions, '["ssm:GetParameter"]', '["ssm:GetParameter", "ssm:DeleteParameter"]']],
    verdict: "needs care",
    says: ["may now `ssm:DeleteParameter on"],
  },
  {
    id: "iam-less",
    edits: [[permissions, ', "ecr:BatchGetImage"]', "]"]],
    verdict: "needs care",
    says: ["may no longer `ecr:BatchGetImage on"],
  },
  {
    id: "expired-exception",
    wish: { exceptions: sandboxExceptions.map((one, index) => (index === 0 ? { ...one, expires: "2026-01-01" } : one)) },
    verdict: "blocked",
    says: ["volume-has-backup", "expired on 2026-01-01"],
  },
  { id: "missing-exception", wish: { exceptions: sandboxExceptions.slice(1) }, verdict: "blocked", says: ["volume-has-backup"] },
  {
    id: "renamed-volume",
    edits: [["packages/sdk/src/environment-problems.ts", "-data-volume-g${generation}", "-data-volume-gen${generation}"]],
    verdict: "blocked",
    says: ["data volume `litecoin-1-data-volume-g1` would be deleted"],
  },
  {
    id: "renamed-alarm",
    edits: [[nodeAlarms, "`${name}-${alarm.id}`", "`${name}-a-${alarm.id}`"]],
    verdict: "blocked",
    says: ["renamed in the program without an alias"],
  },
  { id: "renamed-host", edits: [[node, "`${name}-host`", "`${name}-machine`"]], verdict: "needs care", says: ["instance deleted"] },
  {
    id: "volume-unprotected",
    edits: [[volume, "protect: true", "protect: false"]],
    verdict: "blocked",
    says: ["would no longer be protected"],
  },
  {
    id: "volume-not-retained",
    edits: [[volume, "retainOnDelete: true", "retainOnDelete: false"]],
    verdict: "blocked",
    says: ["would be lost when the program lets go of it"],
  },
  {
    id: "key-not-rotating",
    edits: [[keys, "enableKeyRotation: true", "enableKeyRotation: false"]],
    verdict: "blocked",
    says: ["key-rotates"],
  },
  {
    id: "other-network",
    wish: { fleet: { network: { cidr: "10.9.0.0/16" } } },
    verdict: "blocked",
    says: ["Vpc `network-vpc` would be replaced, and the nodes depend on it"],
  },
  {
    id: "container-setting",
    edits: [["packages/host/src/docker-run.ts", "const openFiles = 20000", "const openFiles = 19000"]],
    verdict: "needs care",
    says: ["configuration of litecoin-1 and litecoin-2 changes: restarted, one after the other"],
  },
  {
    id: "container-privileged",
    edits: [["packages/host/src/docker-run.ts", '"--detach",', '"--detach", "--privileged",']],
    verdict: "blocked",
    says: ["container-confined", "--privileged"],
  },
  { id: "logs-shorter", wish: { fleet: { logs: { retentionDays: 3 } } }, verdict: "needs care", says: ["retentionInDays 1 → 3"] },
  {
    id: "public-by-default",
    edits: [["packages/aws/src/subnets.ts", "mapPublicIpOnLaunch: false", "mapPublicIpOnLaunch: true"]],
    verdict: "blocked",
    says: ["subnet-no-public-by-default"],
  },
  { id: "wrong-network", wish: { nodes: { litecoin: { network: "mainet" } } }, verdict: "blocked", says: [] },
  {
    id: "alarm-of-another-node",
    edits: [["packages/aws/src/node-alarms.ts", "Node: node.name };", 'Node: "nobody" };']],
    verdict: "blocked",
    says: ["it watches another node", "node-has-liveness-alarm"],
  },
  {
    id: "iam-other-secrets",
    edits: [["packages/aws/src/group-secrets.ts", "secret:${one}-??????", "secret:coinfleet/${place.environment}/*"]],
    verdict: "blocked",
    says: [
      "secret-read-own-only",
      "may now `secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-central-1:000000000000:secret:coinfleet/fleet/*",
    ],
  },
  {
    id: "volume-replaced",
    edits: [[volume, ', "availabilityZone"', ""]],
    wish: { fleet: { zones: ["eu-central-1c", "eu-central-1b"] } },
    verdict: "blocked",
    says: ["data volume `ethereum-1-data-volume-g1` would be replaced"],
  },
  {
    id: "key-open-to-others",
    edits: [["packages/aws/src/key-policy.ts", '"kms:CreateGrant"', '"kms:CreateGrant", "kms:PutKeyPolicy"']],
    verdict: "needs care",
    says: ["may now `kms:PutKeyPolicy on *"],
  },
];
