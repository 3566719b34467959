import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The one AWS answer that a preview of something new needs: who am I. Enough for rules and verdicts, and no proof of anything that an API does. */
export async function startIdentityServer(
  account: string,
): Promise<{ readonly env: Readonly<Record<string, string>>; readonly server: Server }> {
  const identity = `<Account>${account}</Account><Arn>arn:aws:iam::${account}:user/x</Arn><UserId>x</UserId>`;
  const answer = `<GetCallerIdentityResponse><GetCallerIdentityResult>${identity}</GetCallerIdentityResult></GetCallerIdentityResponse>`;
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.setHeader("content-type", "text/xml").end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // The docker provider asks for a login of the registry before it previews anything.
  const docker = await mkdtemp(join(tmpdir(), "coinfleet-docker-"));
  const auths = { [`${account}.dkr.ecr.eu-central-1.amazonaws.com`]: { auth: Buffer.from("AWS:none").toString("base64") } };
  await writeFile(join(docker, "config.json"), JSON.stringify({ auths }));
  server.once("close", () => {
    rmSync(docker, { recursive: true });
  });
  const { port } = server.address() as AddressInfo;
  return {
    server,
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "eu-central-1",
      DOCKER_CONFIG: docker,
    },
  };
}
