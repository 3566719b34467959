interface Price {
  readonly usd: number;
  readonly per: string;
  /** AWS's page that lists it. */
  readonly source: string;
}

/** AWS list prices in eu-central-1, as of 2026-08. For orientation in an editor; `source` has today's. */
const prices = {
  natGatewayHour: { usd: 0.052, per: "hour", source: "aws.amazon.com/vpc/pricing" },
  natGatewayGiB: { usd: 0.052, per: "GiB", source: "aws.amazon.com/vpc/pricing" },
  interfaceEndpointHour: { usd: 0.012, per: "hour", source: "aws.amazon.com/privatelink/pricing" },
  publicAddressHour: { usd: 0.005, per: "hour", source: "aws.amazon.com/vpc/pricing" },
  flowLogGiB: { usd: 0.63, per: "GiB taken in", source: "aws.amazon.com/cloudwatch/pricing" },
  snapshotGiB: { usd: 0.054, per: "GiB and month", source: "aws.amazon.com/ebs/pricing" },
  enhancedScan: { usd: 0.11, per: "image and month", source: "aws.amazon.com/inspector/pricing" },
  loadBalancerHour: { usd: 0.027, per: "hour and its traffic", source: "aws.amazon.com/elasticloadbalancing/pricing" },
} as const satisfies Record<string, Price>;

/** A price for people. @example price("natGatewayHour") // "about $0.052 per hour (2026-08, aws.amazon.com/vpc/pricing)" */
export function price(of: keyof typeof prices): string {
  const { usd, per, source } = prices[of];
  return `about $${usd} per ${per} (2026-08, ${source})`;
}
