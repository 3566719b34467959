/** What {@link renderUserData} is given. */
export interface UserDataOptions {
  /** Path of the node's parameters. @example "/coinfleet/production/litecoin-1" */
  readonly parameterPrefix: string;
  readonly region: string;
}

/** Cloud-config that says where the node's configuration is. Constant over a node's life: a change of it would replace the instance. */
export function renderUserData({ parameterPrefix, region }: UserDataOptions): string {
  return `#cloud-config
write_files:
  - path: /etc/coinfleet/node.env
    permissions: "0644"
    content: |
      COINFLEET_PARAMETERS=${parameterPrefix}
      AWS_REGION=${region}
runcmd:
  - [systemctl, enable, --now, --no-block, coinfleet.target]
`;
}
