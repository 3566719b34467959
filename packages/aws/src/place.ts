/** Where an environment lives, as plain strings: so that every ARN and policy can be read in a preview, before anything exists. */
export interface Place {
  /** Environment = Pulumi stack. */
  readonly environment: string;
  /** Twelve digits, from the stack file's `aws:allowedAccountIds`. */
  readonly account: string;
  readonly region: string;
  /** ARN of the IAM policy that bounds every role here. @default - none */
  readonly permissionsBoundary?: string;
}

/** Where and within what bounds a role is made. One path for each environment: the pipeline's own role may make roles below it only. */
export function roleBounds(place: Place): { readonly path: string; readonly permissionsBoundary?: string } {
  const { environment, permissionsBoundary } = place;
  return { path: `/coinfleet/${environment}/`, ...(permissionsBoundary === undefined ? {} : { permissionsBoundary }) };
}

/** ARN of something in this account and region. */
export function arn(place: Place, service: string, resource: string): string {
  return `arn:aws:${service}:${place.region}:${place.account}:${resource}`;
}
