interface UnitText {
  readonly description: string;
  /** Further lines of `[Unit]`, `[Service]`, `[Path]` or `[Timer]`, and `[Install]`. */
  readonly unit?: readonly string[];
  readonly service?: readonly string[];
  readonly path?: readonly string[];
  readonly timer?: readonly string[];
  readonly install?: readonly string[];
}

const afterDocker = ["Wants=docker.service", "After=docker.service"] as const;

/** systemd units by file name. One order: firewall → docker; configure → volume → restore → node; the agent beside them. */
export const hostUnits: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries<UnitText>({
    "coinfleet.target": {
      description: "Coinfleet node",
      unit: [
        "Wants=coinfleet-configure.service coinfleet-volume.service coinfleet-restore.service coinfleet-node.service coinfleet-agent.service coinfleet-logs.service",
        "Wants=coinfleet-gate.path coinfleet-restart.path coinfleet-grow.timer coinfleet-next.timer",
      ],
      install: ["WantedBy=multi-user.target"],
    },
    "coinfleet-firewall.service": {
      description: "Coinfleet: firewall of the host",
      unit: ["Wants=network-pre.target", "Before=network-pre.target docker.service"],
      service: [...step("firewall")],
      // Without the firewall docker does not start: closed is the safe side.
      install: ["WantedBy=multi-user.target", "RequiredBy=docker.service"],
    },
    "coinfleet-configure.service": {
      description: "Coinfleet: configuration and secrets of the node",
      unit: [
        "ConditionPathExists=/etc/coinfleet/node.env",
        "Requires=coinfleet-firewall.service",
        "Wants=network-online.target",
        "After=coinfleet-firewall.service network-online.target",
      ],
      service: [...step("configure"), "TimeoutStartSec=infinity"],
    },
    "coinfleet-volume.service": {
      description: "Coinfleet: data volume",
      unit: [...after("coinfleet-configure.service")],
      service: [...step("volume"), "ExecStop=/usr/lib/coinfleet/volume-stop", "TimeoutStartSec=infinity", "TimeoutStopSec=600"],
    },
    "coinfleet-restore.service": {
      description: "Coinfleet: snapshot for an empty volume",
      unit: [...after("coinfleet-volume.service"), ...afterDocker],
      service: [...step("restore"), "ExecStop=-/usr/bin/docker stop coinfleet-restore", "TimeoutStartSec=infinity"],
    },
    "coinfleet-node.service": {
      description: "Coinfleet: the wanted release",
      unit: [...after("coinfleet-restore.service")],
      service: [...step("switch"), "TimeoutStartSec=infinity"],
    },
    "node@.service": {
      description: "Node, release %i",
      unit: [...after("coinfleet-volume.service"), ...afterDocker, "StartLimitIntervalSec=0"],
      service: [
        "Type=notify",
        "NotifyAccess=all",
        "ExecStart=/usr/lib/coinfleet/node %i",
        "ExecStop=/usr/lib/coinfleet/node-stop",
        "Restart=always",
        // How both scripts end, also when they are stopped.
        "SuccessExitStatus=1",
        "RestartSec=10",
        "KillMode=mixed",
        "TimeoutStartSec=infinity",
        // The coin's own stop time ends the wait long before; this is for a docker that hangs.
        "TimeoutStopSec=5400",
      ],
    },
    "coinfleet-agent.service": {
      description: "Coinfleet: agent",
      unit: [...after("coinfleet-configure.service"), ...afterDocker, "StartLimitIntervalSec=0"],
      service: [
        "Type=exec",
        "ExecStart=/usr/lib/coinfleet/agent",
        "ExecStop=-/usr/bin/docker stop --time 10 coinfleet-agent",
        "Restart=always",
        // How both scripts end, also when they are stopped.
        "SuccessExitStatus=1",
        "RestartSec=5",
        "KillMode=mixed",
        "TimeoutStopSec=30",
      ],
    },
    "coinfleet-logs.service": {
      description: "Coinfleet: journal to the log server",
      unit: [...after("coinfleet-configure.service"), "StartLimitIntervalSec=0"],
      service: [
        "Type=exec",
        "ExecStart=/usr/lib/coinfleet/forward-logs",
        "Restart=on-failure",
        // How it ends when the server goes away, which it has said by itself.
        "SuccessExitStatus=1",
        "RestartForceExitStatus=1",
        "RestartSec=5",
        // The manager's lines about each try would go to the server too.
        "SyslogLevel=notice",
        "LogLevelMax=notice",
      ],
    },
    "coinfleet-grow.timer": {
      description: "Coinfleet: the file system follows its volume",
      timer: ["OnActiveSec=60", "OnUnitActiveSec=60", "AccuracySec=5"],
    },
    "coinfleet-grow.service": {
      description: "Coinfleet: the file system follows its volume",
      service: [
        "Type=oneshot",
        "ExecStart=/usr/lib/coinfleet/volume-grow",
        "TimeoutStartSec=600",
        "SyslogLevel=notice",
        "LogLevelMax=notice",
      ],
    },
    "coinfleet-next.timer": {
      description: "Coinfleet: the next release takes over when it is due",
      timer: ["OnActiveSec=10", "OnUnitActiveSec=10", "AccuracySec=1"],
    },
    "coinfleet-next.service": {
      description: "Coinfleet: the next release takes over when it is due",
      service: [
        "Type=oneshot",
        "ExecStart=/usr/lib/coinfleet/next",
        // A pull, and a stop that takes all of its time.
        "TimeoutStartSec=infinity",
        "SyslogLevel=notice",
        "LogLevelMax=notice",
      ],
    },
    ...request("gate", "opens and closes RPC as the agent asks", ["StartLimitIntervalSec=10", "StartLimitBurst=20"]),
    ...request("restart", "restarts the node as the agent asks", ["StartLimitIntervalSec=60", "StartLimitBurst=6"]),
  }).map(([name, text]) => [name, render(text)]),
);

function after(unit: string): readonly string[] {
  return [`Requires=${unit}`, `After=${unit}`];
}

function step(script: string): readonly string[] {
  return ["Type=oneshot", "RemainAfterExit=yes", `ExecStart=/usr/lib/coinfleet/${script}`];
}

/** What the agent may ask of root: a file that it writes, a path unit that sees it, a script that believes no more than it must. */
function request(name: string, what: string, limits: readonly string[]): Readonly<Record<string, UnitText>> {
  return {
    [`coinfleet-${name}.path`]: { description: `Coinfleet: ${what}`, path: [`PathChanged=/run/coinfleet/requests/${name}`] },
    [`coinfleet-${name}.service`]: {
      description: `Coinfleet: ${what}`,
      unit: limits,
      // The manager's own lines about it, every few seconds, are not worth keeping; the script's are.
      service: ["Type=oneshot", `ExecStart=/usr/lib/coinfleet/${name}`, "TimeoutStartSec=15", "SyslogLevel=notice", "LogLevelMax=notice"],
    },
  };
}

function render({ description, unit, service, path, timer, install }: UnitText): string {
  const section = (name: string, lines: readonly string[] | undefined): readonly string[] =>
    lines === undefined ? [] : [`[${name}]`, ...lines, ""];
  return [
    ...section("Unit", [`Description=${description}`, ...(unit ?? [])]),
    ...section("Service", service),
    ...section("Path", path),
    ...section("Timer", timer),
    ...section("Install", install),
  ].join("\n");
}
