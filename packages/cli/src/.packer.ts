import { renderMachineImage } from "@coinfleet/host";
import { mkdirSync, writeFileSync } from "node:fs"; import { dirname } from "node:path";
const m = renderMachineImage({ distribution: "debian", architecture: "x86_64", source: { name: "debian-12-amd64-sandbox", owner: "136693071363" }, sshUser: "debian", instanceType: "m6i.large" });
for (const [p, t] of Object.entries(m.files)) { const f = `/tmp/bw/pk/${p}`; mkdirSync(dirname(f), { recursive: true }); writeFileSync(f, t); }
process.stdout.write(JSON.stringify({ digest: m.digest, environment: "t", region: "eu-central-1", architecture: "x86_64", subnetId: "subnet-1", files: m.files, timeoutSec: 60 }));
