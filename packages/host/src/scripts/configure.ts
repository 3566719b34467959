/** Parameters and secrets → files on tmpfs. Everything is written beside its place and moved there. */
export const configureScript = `umask 077
mkdir -p "$run"
exec 8>"$run/configure.lock"
flock 8

parameter() {
  aws ssm get-parameter --name "$COINFLEET_PARAMETERS/$1" --with-decryption --query Parameter.Value --output text \\
    --cli-connect-timeout 5 --cli-read-timeout 20
}
secret() {
  aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text --cli-connect-timeout 5 --cli-read-timeout 20
}

# What an operator must be able to ask for is readable; what may hold a secret is not.
chmod 0755 "$run"
install -d -m 0755 /var/lib/coinfleet "$data"
mkdir -p "$run/requests" "$run/daemons" "$run/agent" "$run/docker" "$run/status"
chmod 0755 "$run/requests" "$run/daemons" "$run/status"
chown 10002:10002 "$run/requests"

configuration=$(patiently "parameter config" parameter config)
wanted=$(patiently "parameter release" parameter release)
agent=$(patiently "parameter agent" parameter agent)
version=$(jq -r .version <<<"$configuration")
[ "$version" = 1 ] || fail "the configuration has version $version, this machine image knows 1" "Roll out the machine image of the same release as the program."

secrets='{}'
while IFS=$'\\t' read -r name arn; do
  value=$(patiently "secret $name" secret "$arn")
  # By environment: arguments of a process can be read by everybody on the host.
  secrets=$(name=$name value=$value jq '. + {("{{secret:" + env.name + "}}"): env.value}' <<<"$secrets")
done < <(jq -r '.secrets | to_entries[] | [.key, .value] | @tsv' <<<"$configuration")

address=$(patiently "own address" private_address)
cpus=$(nproc)
jq --arg address "$address" --arg cpus "$cpus" --slurpfile secrets <(printf '%s' "$secrets") '
  ($secrets[0] + {"{{private-ip}}": $address, "{{cpus}}": $cpus} | to_entries) as $values |
  walk(if type == "string" then reduce $values[] as $one (.; split($one.key) | join($one.value)) else . end)
' <<<"$configuration" >"$config.new"
printf '%s' "$wanted" >"$run/release-parameter.new"
printf '%s' "$agent" >"$run/agent-image.new"
left=$(grep -o '{{[a-z-]*[:}][^}]*}}' "$config.new" | sort -u | tr '\\n' ' ' || true)
[ -z "$left" ] || fail "the configuration has placeholders that nothing fills: $left" "Declare them as secrets of the coin."
mv "$config.new" "$config"
mv "$run/release-parameter.new" "$run/release-parameter.json"
mv "$run/agent-image.new" "$run/agent-image"
/usr/lib/coinfleet/choose-release
/usr/lib/coinfleet/write-files
succeed "release $(jq -r .release "$release"), node $(jq -r .node "$config")"
`;

/** The host's address in its network, from the metadata service. A function of the library, because the restart of a node asks nothing else. */
export const privateAddress = `
# private_address: the host's address in its network.
private_address() {
  local token
  token=$(curl -sSf -m 5 -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token) || return 1
  curl -sSf -m 5 -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/local-ipv4
}
`;

/** The files of the daemons and of the agent, and the firewall's permanent set. */
export const writeFilesScript = `umask 077

# place <path> <uid>: standard input → a file of that user's, in one step.
place() {
  cat >"$1.new"
  chown "$2:$2" "$1.new"
  mv "$1.new" "$1"
}

for daemon in $(jq -r '.daemons[].name' "$config"); do
  directory=$run/daemons/$daemon
  mkdir -p "$directory"
  chown 10001:10001 "$directory"
  while IFS= read -r file; do
    jq -j --arg daemon "$daemon" --arg file "$file" '.daemons[] | select(.name == $daemon) | .files[$file]' "$config" |
      place "$directory/$file" 10001
  done < <(jq -r --arg daemon "$daemon" '.daemons[] | select(.name == $daemon) | .files | keys[]' "$config")
done
chown 10002:10002 "$run/agent"
jq .agent.config "$config" | place "$run/agent/config.json" 10002

# What decides whether the agent has to be started again.
jq -cS .agent "$config" | cat - "$run/agent-image" | sha256sum >"$run/agent.wanted"

always=$(jq -r '.firewall.always | join(", ")' "$config")
nft -f - <<RULES
flush set inet coinfleet always
add element inet coinfleet always { $always }
RULES
`;
