// Who may import whom: the table of docs/architecture.md, as rules. Each "not" is a line of that table.
const ours = (names) => `^packages/(${names})/`;
const only = (name, from, allowed) => ({
  name,
  severity: "error",
  from: { path: from, pathNot: "\\.test(-d)?\\.ts$" },
  to: { path: "^(packages|coins|tools|test|index\\.ts)", pathNot: [from, ...allowed] },
});

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    only("sdk-imports-nothing-of-ours", ours("sdk"), []),
    only("host-imports-sdk", ours("host"), [ours("sdk")]),
    only("config-imports-sdk", ours("config"), [ours("sdk")]),
    only("aws-imports-sdk-and-host", ours("aws"), [ours("sdk|host")]),
    only("bootstrap-imports-config-aws", ours("bootstrap"), [ours("config|aws")]),
    only("coordination-imports-sdk", ours("coordination"), [ours("sdk")]),
    only("agent-imports-sdk-coordination", ours("agent"), [ours("sdk|coordination")]),
    only("build-imports-sdk-and-host", ours("build"), [ours("sdk|host")]),
    only("cli-imports-sdk-config-build-coins", ours("cli"), [ours("sdk|config|build|host|report|coordination"), "^coins/index\\.ts$"]),
    only("policy-imports-sdk-config-coins", ours("policy"), [ours("sdk|config"), "^coins/index\\.ts$"]),
    only("report-imports-sdk-config-policy", ours("report"), [ours("sdk|config|policy")]),
    only("sandbox-imports-nothing-of-ours", ours("sandbox"), []),
    only("testkit-imports-no-coin", ours("testkit"), [ours("sdk|host|config|aws")]),
    only("coin-tool-imports-sdk-build-testkit-coins", "^tools/coin/", [ours("sdk|build|testkit"), "^coins/index\\.ts$"]),
    only("toolchain-imports-build", "^tools/toolchain/", [ours("build")]),
    {
      name: "a-coin-imports-sdk-only",
      severity: "error",
      from: { path: "^coins/([^/]+)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^(packages|coins|tools|test)/", pathNot: [ours("sdk"), "^coins/$1/"] },
    },
    {
      name: "no-coin-sees-pulumi-or-aws",
      severity: "error",
      from: { path: "^(coins|packages/(sdk|host|agent))/" },
      to: { path: "node_modules/@pulumi/" },
    },
    {
      name: "pure-packages-do-no-io",
      severity: "error",
      from: { path: "^(packages/(sdk|host)|coins)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^(node:)?(fs|fs/promises|net|http|https|child_process|dns|tls|dgram|os|worker_threads)$", dependencyTypes: ["core"] },
    },
    {
      name: "only-aws-makes-resources",
      severity: "error",
      from: { pathNot: "^(packages/(aws|testkit|policy)|test)/" },
      to: { path: "node_modules/@pulumi/(aws|docker|command)/" },
    },
    {
      name: "tests-are-leaves",
      severity: "error",
      from: { pathNot: "^(test|tools)/|\\.test(-d)?\\.ts$" },
      to: { path: "^test/|\\.test(-d)?\\.ts$" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(node_modules|\\.coinfleet)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".json"],
    },
  },
};
