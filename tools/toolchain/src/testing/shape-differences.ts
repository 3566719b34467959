import type { Shape } from "./npm-shapes.ts";

/**
 * Where a provider serves other properties than the npm package declares: one line each, with its path. What only the provider has is no
 * difference, because no typed program can send it.
 */
export function shapeDifferences(path: string, wanted: Shape, served: Shape): string[] {
  if (kind(wanted) !== kind(served)) return [`${path}: the npm package has a ${kind(wanted)}, the provider serves a ${kind(served)}`];
  if (isList(wanted) && isList(served)) return shapeDifferences(`${path}[]`, wanted[0], served[0]);
  if (!isObject(wanted) || !isObject(served)) return [];
  return Object.entries(wanted).flatMap(([name, shape]) => {
    const found = served[name];
    return found === undefined ? [`${path}.${name}: not served`] : shapeDifferences(`${path}.${name}`, shape, found);
  });
}

function kind(shape: Shape): string {
  if (typeof shape === "string") return shape;
  return isList(shape) ? "list" : "object";
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function isObject(shape: Shape): shape is { readonly [property: string]: Shape } {
  return typeof shape === "object" && !isList(shape);
}
