/** Cuts the `index`th subnet of `prefix` bits out of an IPv4 CIDR. */
export function subnetCidr(cidr: string, prefix: number, index: number): string {
  const [address, length] = cidr.split("/");
  const bits = Number(length);
  const octets = (address ?? "").split(".").map(Number);
  if (octets.length !== 4 || !octets.every((octet) => octet >= 0 && octet <= 255) || !(bits >= 0 && bits <= 32))
    throw new Error(`not an IPv4 CIDR: ${cidr}`);
  if (prefix < bits || prefix > 32 || index >= 2 ** (prefix - bits)) throw new Error(`${cidr} has no /${prefix} number ${index}`);
  const base = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const start = base - (base % 2 ** (32 - bits)) + index * 2 ** (32 - prefix);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256).join(".")}/${prefix}`;
}
