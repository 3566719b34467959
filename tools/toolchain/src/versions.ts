/** The Pulumi CLI, and the SDK in package.json: the language host uses internal paths of the SDK, so that the two must be the same. */
export const pulumiVersion = "3.259.0";

/** Provider plugins by package, in the versions that the npm packages in package.json ask for. */
export const pluginVersions = { aws: "7.48.0", command: "1.2.1", docker: "5.2.0" } as const;
