import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ServerWritableStream } from "@grpc/grpc-js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import type {
  AboutResponse,
  GetProgramDependenciesRequest,
  GetProgramDependenciesResponse,
  GetRequiredPackagesRequest,
  GetRequiredPackagesResponse,
  InstallDependenciesRequest,
  InstallDependenciesResponse,
} from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import { stop, track } from "./children.ts";
import { findPackages, requiredPlugins } from "./packages.ts";
import type { RequiredPlugin } from "./packages.ts";
import { failStream } from "./fail-stream.ts";

/** Answers `GetRequiredPackages`: the provider plugins that the program's npm packages need. */
export function requiredPackages(request: GetRequiredPackagesRequest): GetRequiredPackagesResponse {
  const directory = request.getInfo()?.getProgramDirectory() ?? process.cwd();
  return new language.GetRequiredPackagesResponse().setPackagesList(requiredPlugins(findPackages(directory)).map(packageDependency));
}

/** Answers `GetProgramDependencies`: npm packages with their versions, for `pulumi about` and update metadata. */
export function programDependencies(request: GetProgramDependenciesRequest): GetProgramDependenciesResponse {
  const [program, ...others] = findPackages(request.getInfo()?.getProgramDirectory() ?? process.cwd());
  const isDirect = (name: string): boolean => name in { ...program?.dependencies, ...program?.devDependencies };
  const shown = others.filter(({ name }) => name !== "" && (request.getTransitivedependencies() || isDirect(name)));
  return new language.GetProgramDependenciesResponse().setDependenciesList(
    shown.map(({ name, version }) => new language.DependencyInfo().setName(name).setVersion(version)),
  );
}

/** Answers `About`: which Node runs the program. */
export function about(): AboutResponse {
  const response = new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version);
  response.getMetadataMap().set("packagemanager", "npm").set("packagemanagerVersion", npmVersion());
  return response;
}

/** Answers `InstallDependencies`, for `pulumi install`. */
export function installDependencies(call: ServerWritableStream<InstallDependenciesRequest, InstallDependenciesResponse>): void {
  const directory = call.request.getInfo()?.getProgramDirectory() ?? call.request.getDirectory();
  const command = existsSync(join(directory, "package-lock.json")) ? "ci" : "install";
  const child = track(spawn("npm", [command, "--loglevel=error"], { cwd: directory, stdio: ["ignore", "pipe", "pipe"] }));
  child.stdout.on("data", (output: Buffer) => call.write(new language.InstallDependenciesResponse().setStdout(output)));
  child.stderr.on("data", (output: Buffer) => call.write(new language.InstallDependenciesResponse().setStderr(output)));
  call.on("cancelled", () => stop(child));
  child.once("error", (error) => failStream(call, error));
  child.once("close", (code) => {
    if (code === 0) call.end();
    else failStream(call, new Error(`npm ${command} ended with exit code ${code ?? "unknown"} in ${directory}`));
  });
}

function packageDependency(required: RequiredPlugin): InstanceType<typeof plugin.PackageDependency> {
  const dependency = new plugin.PackageDependency()
    .setName(required.name)
    .setKind("resource")
    .setVersion(required.version)
    .setServer(required.server);
  const { parameterization } = required;
  if (parameterization === undefined) return dependency;
  const { name, version, value } = parameterization;
  return dependency.setParameterization(new plugin.PackageParameterization().setName(name).setVersion(version).setValue(value));
}

function npmVersion(): string {
  try {
    return execFileSync("npm", ["--version"], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}
