import assert from "node:assert/strict";
import type { ResolvedClient } from "@coinfleet/sdk";
import {
  imagesOfGroup,
  renderAgentImageContext,
  renderDocuments,
  renderImageContext,
  renderReleaseParameter,
  renderUserData,
  hostPermissions,
} from "./index.ts";
import { exampleGroup } from "./testing/example-group.ts";

const base = "debian:bookworm-slim";
const [client] = exampleGroup.clients as [ResolvedClient];

describe("what a host and its images are made of", () => {
  it("is user data that points to the node's parameters and says nothing else", () => {
    assert.equal(
      renderUserData({ parameterPrefix: "/coinfleet/test/example-1", region: "eu-central-1" }),
      `#cloud-config
write_files:
  - path: /etc/coinfleet/node.env
    permissions: "0644"
    content: |
      COINFLEET_PARAMETERS=/coinfleet/test/example-1
      AWS_REGION=eu-central-1
runcmd:
  - [systemctl, enable, --now, --no-block, coinfleet.target]
`,
    );
  });

  it("is a release with every image by its digest", () => {
    const image = `000000000000.dkr.ecr.eu-central-1.amazonaws.com/coinfleet/test/example-exampled@sha256:${"ab".repeat(32)}`;
    assert.deepEqual(JSON.parse(renderReleaseParameter(exampleGroup, { exampled: image })), {
      release: "1.2.3-debian",
      images: { exampled: image },
      versions: { exampled: "1.2.3" },
    });
    assert.throws(() => renderReleaseParameter(exampleGroup, { exampled: "repository:tag" }), /must be <repository>@sha256/);
    assert.throws(() => renderReleaseParameter(exampleGroup, {}), /is missing/);
  });

  it("is a release and the one that follows it, each with its images, and when", () => {
    const image = (letter: string): string => `registry.example/exampled@sha256:${letter.repeat(64)}`;
    const next = {
      release: "1.3.0-debian",
      clients: [{ ...client, version: "1.3.0" }],
      at: { height: 900, file: "exampled/upgrade.json" },
    };
    const announced = { ...exampleGroup, next };
    assert.deepEqual(JSON.parse(renderReleaseParameter(announced, { exampled: image("a") }, { exampled: image("b") })), {
      release: "1.2.3-debian",
      images: { exampled: image("a") },
      versions: { exampled: "1.2.3" },
      next: { release: "1.3.0-debian", images: { exampled: image("b") }, versions: { exampled: "1.3.0" }, at: next.at },
    });
    assert.throws(() => renderReleaseParameter(announced, { exampled: image("a") }), /is missing/);
    const { clients, next: following } = imagesOfGroup(announced, base);
    const versions = [clients, following].map((specs) => {
      const { repository, spec } = specs["exampled"] ?? assert.fail("no image");
      return [repository, spec.kind === "client" ? spec.client.version : "none"];
    });
    assert.deepEqual(versions, [
      ["example-exampled", "1.2.3"],
      ["example-exampled", "1.3.0"],
    ]);
    assert.deepEqual(imagesOfGroup(exampleGroup, base).next, {});
  });

  it("is an image of a pinned package that runs as nobody in particular", () => {
    const { files, tag } = renderImageContext({ client, base, architecture: "x86_64" });
    assert.equal(
      files["Dockerfile"],
      `FROM debian:bookworm-slim
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ca-certificates exampled=1.2.3-1 && rm -rf /var/lib/apt/lists/*
RUN test -x /usr/bin/exampled && ln -sf /usr/bin/exampled /usr/local/bin/exampled
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} +
USER 10001:10001
WORKDIR /data
`,
    );
    assert.match(tag, /^1\.2\.3-debian-[0-9a-f]{8}-x86_64$/);
  });

  it("is an image with whole folders of a release", () => {
    const digest = `sha256:${"ab".repeat(32)}`;
    const release = { version: "1.2.3", binaries: { exampled: "bin/exampled" }, folders: { example: "share/{version}" } };
    const oci = { ...release, kind: "ociImage", repository: "registry.example/example", digests: { "1.2.3": digest } } as const;
    const fromImage = renderImageContext({ client: { ...client, source: oci }, base, architecture: "x86_64" }).files["Dockerfile"];
    assert.match(fromImage ?? "", /^COPY --from=upstream share\/1\.2\.3\/ \/usr\/local\/share\/example\/$/m);
    const signature = { kind: "none", reason: "a test" } as const;
    const archive = { ...release, kind: "signedArchive", url: {}, sha256: {}, signature } as const;
    const fromArchive = renderImageContext({ client: { ...client, source: archive }, base, architecture: "x86_64" }).files["Dockerfile"];
    assert.match(fromArchive ?? "", /^COPY bin\/ \/usr\/local\/bin\/\nCOPY share\/ \/usr\/local\/share\/$/m);
  });

  it("is the same image until something that goes into it changes", () => {
    const digest = (change: Partial<ResolvedClient>): string =>
      renderImageContext({ client: { ...client, ...change }, base, architecture: "x86_64" }).digest;
    const source = client.source.kind === "debianPackage" ? client.source : assert.fail();
    assert.equal(digest({}), digest({ source: { ...source, pins: { ...source.pins, "9.9.9": "9.9.9-1" } } }), "a pin of another version");
    assert.notEqual(digest({}), digest({ source: { ...source, pins: { "1.2.3": "1.2.3-2" } } }));
    assert.notEqual(digest({}), digest({ runtimePackages: [] }));
    assert.notEqual(digest({}), renderImageContext({ client, base, architecture: "arm64" }).digest);
  });

  it("is an agent's image per coin and sources", () => {
    const one = renderAgentImageContext({ coin: "example", base, architecture: "x86_64", sourceDigest: "a" });
    assert.match(one.tag, /^example-[0-9a-f]{8}-x86_64$/);
    assert.match(one.files["Dockerfile"] ?? "", /USER 10002:10002/);
    assert.notEqual(one.digest, renderAgentImageContext({ coin: "example", base, architecture: "x86_64", sourceDigest: "b" }).digest);
  });

  it("is documents that run one command each", () => {
    const { apply, drain, restart, status } = renderDocuments("test");
    assert.deepEqual(
      [apply.name, drain.name, restart.name, status.name],
      ["coinfleet-test-apply", "coinfleet-test-drain", "coinfleet-test-restart", "coinfleet-test-status"],
    );
    assert.match(restart.content, /"runCommand":\["\/usr\/local\/bin\/coinfleet-host restart"\]/);
    assert.match(apply.content, /"runCommand":\["\/usr\/lib\/coinfleet\/apply"\]/);
    assert.match(drain.content, /"runCommand":\["\/usr\/lib\/coinfleet\/drain"\]/);
    assert.match(status.content, /"runCommand":\["\/usr\/local\/bin\/coinfleet-host status /);
  });

  it("is a policy without a wildcard action, and with all resources only where AWS knows none", () => {
    const statements = hostPermissions({
      partition: "aws",
      region: "eu-central-1",
      account: "000000000000",
      parameterPrefixes: ["/coinfleet/test/example-1"],
      secretArns: ["arn:aws:secretsmanager:eu-central-1:000000000000:secret:coinfleet/test/example/rpc-abcdef"],
      repositoryArns: ["arn:aws:ecr:eu-central-1:000000000000:repository/coinfleet/agent"],
      logGroupArn: "arn:aws:logs:eu-central-1:000000000000:log-group:/coinfleet/test/example",
      keyArns: ["arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-0000-0000-000000000000"],
      coordinationTableArn: "arn:aws:dynamodb:eu-central-1:000000000000:table/coinfleet-test-coordination",
      group: "example",
    });
    assert.ok(statements.every(({ Action }) => Action.every((action) => !action.includes("*"))));
    assert.deepEqual(
      statements.filter(({ Resource }) => Resource.includes("*")).map(({ Sid }) => Sid),
      ["RegistryLogin", "PublishMetrics", "RunCommand"],
    );
  });
});
