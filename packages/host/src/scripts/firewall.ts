import { agentUser, dockerNetwork } from "../host-paths.ts";

const agentUid = agentUser.split(":")[0] ?? agentUser;

/**
 * The host's own firewall, loaded before docker starts. Its sets are empty at boot: closed until a node is configured, and synced.
 * A verdict of another table cannot open what this one closes.
 */
export const firewallRules = `table inet coinfleet
delete table inet coinfleet

table inet coinfleet {
  # The agent's port and the P2P ports; filled when the node is configured.
  set always {
    type inet_proto . inet_service
  }

  # RPC and the like. The agent renews the elements while the node is synced; without it they time out, and the port is closed.
  set gate {
    type inet_proto . inet_service
    flags timeout
  }

  # Before docker's address translation, so that what docker publishes cannot pass by.
  chain inbound {
    type filter hook prerouting priority -150; policy accept;
    iifname { "lo", "docker0", "${dockerNetwork.bridge}" } accept
    ct direction reply accept
    meta l4proto . th dport @always accept
    meta l4proto . th dport @gate accept
    udp dport { 68, 546 } accept
    meta l4proto tcp reject with tcp reset
    meta l4proto udp reject
  }

  # Containers never reach the metadata service, and so never the host's credentials.
  chain forwarded {
    type filter hook forward priority -10; policy accept;
    ip daddr 169.254.169.254 reject
    ip6 daddr fd00:ec2::254 reject
  }

  # On the host: root and the agent do.
  chain outbound {
    type filter hook output priority -10; policy accept;
    ip daddr 169.254.169.254 meta skuid != { 0, ${agentUid} } reject
    ip6 daddr fd00:ec2::254 meta skuid != { 0, ${agentUid} } reject
  }
}
`;

/** Loads the rules at boot, and says so. */
export const firewallScript = `nft -f /etc/coinfleet/firewall.nft
succeed "closed: RPC opens when the node is synced"
`;

/** Opens or closes RPC as the agent asks. What it reads comes from a less trusted process: two words, nothing else. */
export const gateScript = `request=$run/requests/gate
wanted=closed
if [ -f "$request" ] && [ ! -L "$request" ]; then
  wanted=$(head -c 16 "$request" | tr -cd '[:lower:]')
fi
elements=""
if [ "$wanted" = open ]; then
  elements=$(jq -r '[.firewall.gated[] + " timeout 60s"] | join(", ")' "$config")
fi
{
  echo "flush set inet coinfleet gate"
  [ -z "$elements" ] || echo "add element inet coinfleet gate { $elements }"
} | nft -f -
# The agent renews an open gate every 20 s: only a change is worth a line.
if [ "$wanted" != "$(cat "$run/gate" 2>/dev/null)" ]; then
  echo "$wanted" >"$run/gate"
  echo "RPC is $wanted to other hosts"
fi
`;
