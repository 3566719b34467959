import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { renderDocuments, type CommandDocuments } from "@coinfleet/host";
import type { Place } from "./place.ts";
import { environmentTags } from "./tags.ts";

export interface DocumentsArgs {
  readonly place: Place;
}

/** The SSM documents by which a change reaches a host, and by which it is asked how far it is and what it knows. */
export class Documents extends pulumi.ComponentResource {
  static readonly type = "coinfleet:aws:Documents";
  readonly apply: pulumi.Output<string>;
  readonly drain: pulumi.Output<string>;
  readonly restart: pulumi.Output<string>;
  readonly status: pulumi.Output<string>;
  readonly stop: pulumi.Output<string>;
  readonly chain: pulumi.Output<string>;

  constructor(name: string, args: DocumentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(Documents.type, name, {}, opts);
    const rendered = renderDocuments(args.place.environment);
    const make = (role: keyof CommandDocuments): pulumi.Output<string> => {
      const { name: title, documentType, content } = rendered[role];
      return new aws.ssm.Document(
        `${name}-${role}`,
        { name: title, documentType, documentFormat: "JSON", content, tags: environmentTags(args.place, title) },
        { parent: this },
      ).name;
    };
    this.apply = make("apply");
    this.drain = make("drain");
    this.restart = make("restart");
    this.status = make("status");
    this.stop = make("stop");
    this.chain = make("chain");
    const { apply, drain, restart, status, stop, chain } = this;
    this.registerOutputs({ apply, drain, restart, status, stop, chain });
  }
}
