import type { Resource } from "@pulumi/pulumi";
import rpc from "@pulumi/pulumi/runtime/rpc.js";

type Resolve = rpc.OutputResolvers[string];

/**
 * Lets the SDK make a resource's outputs when they are asked for. By itself it makes one for each property of each resource, of a dozen promises each, and all
 * of them live until the engine has answered: an alarm of CloudWatch has 27, and nobody reads more than two.
 * The outputs are the SDK's own, made by the function that makes them all otherwise.
 */
export function makeOutputsOnDemand(): void {
  const transferAll = rpc.transferProperties;
  const transferProperties: typeof transferAll = (resource, label, properties) =>
    Object.fromEntries(
      Object.entries<unknown>(properties)
        .filter(([name]) => name !== "id" && name !== "urn")
        .map(([name, value]) => [name, outputOnDemand(resource, name, () => transferAll(resource, label, { [name]: value })[name])]),
    );
  Object.assign(rpc, { transferProperties });
}

/** A property that becomes an output at its first reading. @returns what takes the engine's answer, which comes before that or after */
function outputOnDemand(resource: Resource, name: string, makeOutput: () => Resolve | undefined): Resolve {
  let resolve: Resolve | undefined;
  let answer: Parameters<Resolve> | undefined;
  // As the SDK itself refuses it.
  if (Object.hasOwn(resource, name)) throw new Error(`the resource has the property ${name} already`);
  const get = (): unknown => {
    Reflect.deleteProperty(resource, name);
    resolve = makeOutput();
    if (answer !== undefined) resolve?.(...answer);
    return Reflect.get(resource, name);
  };
  Object.defineProperty(resource, name, { configurable: true, enumerable: true, get });
  return (...given) => {
    if (resolve === undefined) answer = given;
    else resolve(...given);
  };
}
