import { planImage } from "@coinfleet/build";
const [coin, client, sourceName, version] = process.argv.slice(2);
const c = (await import(`../../../coins/${coin}/index.ts`)).default;
const root = new URL("../../..", import.meta.url).pathname;
const base = "public.ecr.aws/debian/debian:bookworm-slim";
const spec = client === "agent" ? { kind: "agent", coin, base, architecture: "x86_64" } as const : { kind: "client", base, architecture: "x86_64", client: { name: client!, sourceName: sourceName!, version: version ?? c.clients[client!].sources[sourceName!].version, source: c.clients[client!].sources[sourceName!], runtimePackages: c.clients[client!].runtimePackages ?? [] } } as const;
const p = planImage(spec, root);
process.stdout.write(JSON.stringify({ digest: p.digest, directory: `.coinfleet/images/${p.digest}`, spec: p.spec }));
console.error(p.tag);
