import { Bootstrap } from "@coinfleet/aws";
import { readBootstrap } from "@coinfleet/config";

// One stack for each account and region; docs/accounts.md says when and by whom it is applied.
const made = new Bootstrap("bootstrap", readBootstrap());

const {
  state: { backendUrl, secretsProvider },
  previewRoleArn,
  writeRoleArn,
  drillRoleArn,
  boundaryArn: permissionsBoundary,
} = made;
export { backendUrl, drillRoleArn, permissionsBoundary, previewRoleArn, secretsProvider, writeRoleArn };
