import type { StackConfig } from "@coinfleet/config";
import { z } from "zod";
import type { PlannedResource } from "../planned-resource.ts";
import { must, mustBe, type Finding, type ResourceRule } from "../rule.ts";
import { at, documentOf, isUnknown } from "../values.ts";
import { containerProblems } from "./containers.ts";

const parameter = ["aws:ssm/parameter:Parameter"];

/** Images, where they are kept, and how containers of them run. */
export const imageRules: readonly ResourceRule[] = [
  {
    id: "repository-immutable",
    severity: "high",
    asks: "Repositories have immutable tags, are scanned and encrypted with the environment's key.",
    reason: "A tag that can be moved makes the reviewed release another one.",
    standard: ["FSBP ECR.1", "FSBP ECR.2", "Security Hub ECR.5"],
    types: ["aws:ecr/repository:Repository"],
    check: ({ inputs }) => [
      ...mustBe(inputs["imageTagMutability"], "IMMUTABLE", "its tags can be moved"),
      ...mustBe(at(inputs, "imageScanningConfiguration", "scanOnPush"), true, "its images are not scanned"),
      ...mustBe(at(inputs, "encryptionConfigurations", "0", "encryptionType"), "KMS", "it is not encrypted with our key"),
    ],
  },
  {
    id: "image-by-digest",
    severity: "critical",
    asks: "Hosts are told images of this environment's own registry, or those that its stack file promotes, by digest.",
    reason: "Another registry or a tag can serve another program tomorrow.",
    standard: ["CIS Docker 4.2", "Coinfleet: what is reviewed is what runs"],
    types: parameter,
    check: ({ inputs }: PlannedResource, { place, spec }: StackConfig): readonly Finding[] => {
      const { name, value } = inputs;
      const registry = `${place.account}.dkr.ecr.${place.region}.amazonaws.com/coinfleet/${place.environment}/`;
      const promoted = Object.values(spec.images.promoted);
      const isOurs = (image: string): boolean =>
        (image.startsWith(registry) || promoted.includes(image)) && /@sha256:[0-9a-f]{64}$/.test(image);
      const isRelease = /\/release$/.test(String(name));
      if (!isRelease && !/\/agent$/.test(String(name))) return [];
      if (isUnknown(value)) return [{ what: "its images are not known yet", isUnknown: true }];
      const images = isRelease
        ? Object.values(
            z
              .record(z.string(), z.string())
              .catch({})
              .parse(at(documentOf(value), "images")),
          )
        : [value];
      if (images.length === 0) return [{ what: "it names no image" }];
      return images.flatMap((image) => must(image, (one) => isOurs(String(one)), `${String(image)} is not of our registry, by digest`));
    },
  },
  {
    id: "container-confined",
    severity: "critical",
    asks:
      "Containers run as a numbered user, without capabilities, read-only, with limits on memory, CPU, processes and files, on bound addresses, " +
      "and may take the time that a clean stop needs.",
    reason: "A daemon that is taken over must not reach its host; one that is killed while it writes loses its database.",
    standard: ["CIS Docker 5.1–5.31"],
    types: parameter,
    check: ({ inputs }: PlannedResource): readonly Finding[] => {
      if (!String(inputs["name"]).endsWith("/config")) return [];
      if (isUnknown(inputs["value"])) return [{ what: "its containers are not known yet", isUnknown: true }];
      return containerProblems(documentOf(inputs["value"])).map((what) => ({ what }));
    },
  },
];
