import type { ErrorData } from "./problem.ts";

// Names are permanent. A title is one sentence; a hint says what to do when nothing nearer can be said.

export const UnknownKey = {
  name: "UnknownKey",
  title: "Key not known here.",
  hint: "Remove the key, or write one of the allowed ones.",
} as const satisfies ErrorData;

export const MissingKey = {
  name: "MissingKey",
  title: "Key is missing.",
  hint: "Add the key.",
} as const satisfies ErrorData;

export const InvalidValue = {
  name: "InvalidValue",
  title: "Value does not fit.",
  hint: "Write a value of the allowed kind.",
} as const satisfies ErrorData;

export const NoZones = {
  name: "NoZones",
  title: "The environment has no availability zone.",
  hint: "List at least one zone, for example eu-central-1a.",
} as const satisfies ErrorData;

export const NoNodes = {
  name: "NoNodes",
  title: "The environment has no nodes.",
  hint: "Add a group, for example `litecoin: { network: mainnet }`.",
} as const satisfies ErrorData;

export const InvalidGroupName = {
  name: "InvalidGroupName",
  title: "Group name is not a DNS label.",
  hint: "Use at most 30 lower-case letters, digits and hyphens, beginning with a letter: the name becomes node<N>.<group>.internal.",
} as const satisfies ErrorData;

export const UnknownCoin = {
  name: "UnknownCoin",
  title: "Coin not known.",
  hint: "Name a coin of coins/index.ts with `coin:`, or call the group like one.",
} as const satisfies ErrorData;

export const RetiredCoin = {
  name: "RetiredCoin",
  title: "Coin is retired.",
  hint: "Remove the group, or add `acceptRetired: true` if you mean it.",
} as const satisfies ErrorData;

export const UnknownNetwork = {
  name: "UnknownNetwork",
  title: "Network not known to this coin.",
  hint: "Write one of the coin's networks.",
} as const satisfies ErrorData;

export const InvalidCount = {
  name: "InvalidCount",
  title: "Number of nodes does not fit.",
  hint: "A group has at least one node. Remove the whole group to have none.",
} as const satisfies ErrorData;

export const UnknownClient = {
  name: "UnknownClient",
  title: "Client not known to this coin.",
  hint: "Write one of the coin's clients.",
} as const satisfies ErrorData;

export const UnknownSource = {
  name: "UnknownSource",
  title: "Source not known to this client.",
  hint: "Write one of the client's sources.",
} as const satisfies ErrorData;

export const UnknownRelease = {
  name: "UnknownRelease",
  title: "Release has no pinned digest in this source.",
  hint: "Write a pinned release, or pin this one in the coin first.",
} as const satisfies ErrorData;

export const UpgradeDue = {
  name: "UpgradeDue",
  title: "Release does not follow a hard fork of its network.",
  hint: "Choose a release that follows it.",
} as const satisfies ErrorData;

export const NextNotNewer = {
  name: "NextNotNewer",
  title: "The next release is not newer than the one before it.",
  hint: "Nodes that have taken it never go back: name a newer one, or remove `upgrade.next` when the group's `release` is it already.",
} as const satisfies ErrorData;

export const UnsupportedArchitecture = {
  name: "UnsupportedArchitecture",
  title: "The source has no binaries for this CPU architecture.",
  hint: "Choose another architecture and instance type, or another source.",
} as const satisfies ErrorData;

export const ArchitectureMismatch = {
  name: "ArchitectureMismatch",
  title: "Instance type has another CPU architecture.",
  hint: "Change `architecture` or `instanceType`: Graviton types have a g after the generation (m7g.large).",
} as const satisfies ErrorData;

export const InvalidOption = {
  name: "InvalidOption",
  title: "Option of the coin does not fit.",
  hint: "Write a value that the coin's options allow.",
} as const satisfies ErrorData;

export const UnknownOption = {
  name: "UnknownOption",
  title: "Option not known to this coin.",
  hint: "Remove the option, or write one of the allowed ones.",
} as const satisfies ErrorData;

export const NotAPrivateNetwork = {
  name: "NotAPrivateNetwork",
  title: "Blocks can be made on private networks only.",
  hint: "Remove `blockEverySec`, or choose a private network.",
} as const satisfies ErrorData;

export const CannotProduceBlocks = {
  name: "CannotProduceBlocks",
  title: "This coin's client cannot be told to make a block.",
  hint: "Remove `blockEverySec`.",
} as const satisfies ErrorData;

export const PortClash = {
  name: "PortClash",
  title: "Two daemons of a node want the same port.",
  hint: "This is a mistake in the coin: give each daemon ports of its own.",
} as const satisfies ErrorData;

export const TooFewTips = {
  name: "TooFewTips",
  title: "Too few independent tips to judge a node by.",
  hint: "Add tip references under `tips`, or more nodes: siblings count.",
} as const satisfies ErrorData;

export const ServerNeeded = {
  name: "ServerNeeded",
  title: "The client needs another node, and none is named.",
  hint: "Name the group that serves it with `servedBy`.",
} as const satisfies ErrorData;

export const UnfitServer = {
  name: "UnfitServer",
  title: "This cannot serve the client.",
  hint: "Name a group of a coin and network that fit.",
} as const satisfies ErrorData;

export const VolumeSizeNeeded = {
  name: "VolumeSizeNeeded",
  title: "Nobody knows how large this chain's data is.",
  hint: "Write `volume: { sizeGiB: … }` after measuring, with room to grow.",
} as const satisfies ErrorData;

export const InvalidVolume = {
  name: "InvalidVolume",
  title: "Volume does not fit what EBS offers.",
  hint: "Write a value within EBS's limits.",
} as const satisfies ErrorData;

export const KeysForbidSnapshot = {
  name: "KeysForbidSnapshot",
  title: "This coin's data holds keys that old data would put at risk.",
  hint: "Remove `volume.snapshot`: a node with keys never starts from old data.",
} as const satisfies ErrorData;

export const UnknownNode = {
  name: "UnknownNode",
  title: "The group has no such node.",
  hint: "Write the name of one of its nodes, or remove the line of one that is gone.",
} as const satisfies ErrorData;

export const GenerationNotLater = {
  name: "GenerationNotLater",
  title: "The volume of one node is not of a later generation than its group's.",
  hint: "Write a higher number. Where the group has come up to it, remove the line: the node keeps the volume of that number.",
} as const satisfies ErrorData;

export const UnknownDaemon = {
  name: "UnknownDaemon",
  title: "A node of this group has no such daemon.",
  hint: "Name the daemon whose data the archive holds.",
} as const satisfies ErrorData;

export const TooFewZones = {
  name: "TooFewZones",
  title: "The nodes of a group would all be in one availability zone.",
  hint: "List a second zone: what takes one zone down must leave a node.",
} as const satisfies ErrorData;

export const TooLittleMemory = {
  name: "TooLittleMemory",
  title: "Instance type has less memory than the daemons need.",
  hint: "Choose a larger instance type.",
} as const satisfies ErrorData;

export const NoMachineImage = {
  name: "NoMachineImage",
  title: "The stack file names no machine image for this CPU architecture.",
  hint: "Add the id of an AMI of this architecture, or choose an instance type of another one.",
} as const satisfies ErrorData;

export const NoSubnet = {
  name: "NoSubnet",
  title: "The existing network has no subnet for these nodes.",
  hint: "Name a subnet of this kind for each zone, or change the groups' `addresses`.",
} as const satisfies ErrorData;

export const PrivateNeedsNat = {
  name: "PrivateNeedsNat",
  title: "Nodes without public addresses could not reach their peers.",
  hint: "Set `network.natGateways` to `one` or `perZone`, or give the group addresses.",
} as const satisfies ErrorData;

export const FormerNameInUse = {
  name: "FormerNameInUse",
  title: "The former name of a group is not free.",
  hint: "A group that was renamed stands in the stack file once, under its new name.",
} as const satisfies ErrorData;

export const RetiredInUse = {
  name: "RetiredInUse",
  title: "Something is both retired and in use.",
  hint: "Remove it from `retired`, or remove the node that uses it.",
} as const satisfies ErrorData;

export const UnknownKeeper = {
  name: "UnknownKeeper",
  title: "Nothing in the fleet has this name.",
  hint: "Write the logical name of a data volume or of a secret of this stack file.",
} as const satisfies ErrorData;

export const NotYaml = {
  name: "NotYaml",
  title: "Stack file cannot be read.",
  hint: "Correct the YAML at this place.",
} as const satisfies ErrorData;

export const NoAccount = {
  name: "NoAccount",
  title: "The stack file does not say for which AWS account it is.",
  hint: 'Add `aws:allowedAccountIds: ["<twelve digits>"]`, in quotes: nothing can then reach another account by mistake.',
} as const satisfies ErrorData;

export const NoRegion = {
  name: "NoRegion",
  title: "The stack file does not say in which AWS region it is.",
  hint: "Add `aws:region`, for example eu-central-1.",
} as const satisfies ErrorData;

export const NoFleet = {
  name: "NoFleet",
  title: "The stack file says nothing about a fleet.",
  hint: "Add `coinfleet:fleet`; stacks/Pulumi.sandbox.yaml shows one.",
} as const satisfies ErrorData;

/** Every entry, for the documentation and the golden file of rendered texts. */
export const errorCatalogue: readonly ErrorData[] = [
  UnknownKey,
  MissingKey,
  InvalidValue,
  NoZones,
  NoNodes,
  InvalidGroupName,
  UnknownCoin,
  RetiredCoin,
  UnknownNetwork,
  InvalidCount,
  UnknownClient,
  UnknownSource,
  UnknownRelease,
  UpgradeDue,
  NextNotNewer,
  UnsupportedArchitecture,
  ArchitectureMismatch,
  InvalidOption,
  UnknownOption,
  NotAPrivateNetwork,
  CannotProduceBlocks,
  PortClash,
  TooFewTips,
  ServerNeeded,
  UnfitServer,
  VolumeSizeNeeded,
  InvalidVolume,
  KeysForbidSnapshot,
  UnknownNode,
  GenerationNotLater,
  UnknownDaemon,
  TooFewZones,
  TooLittleMemory,
  NoMachineImage,
  NoSubnet,
  PrivateNeedsNat,
  FormerNameInUse,
  RetiredInUse,
  UnknownKeeper,
  NotYaml,
  NoAccount,
  NoRegion,
  NoFleet,
];
