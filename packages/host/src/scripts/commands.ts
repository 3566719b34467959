/** Reads the parameters again and restarts what they change. Waits a while, never for a restore that may take days. */
export const applyScript = `mkdir -p "$run"
exec 9>"$run/apply.lock"
flock -w 600 9 || fail "another apply has not ended in 10 minutes" "See: coinfleet-host status"
export COINFLEET_PATIENCE_SEC=\${COINFLEET_PATIENCE_SEC:-300}
# On its first boot a host may hear of this before cloud-init has come so far.
patiently "user data of the instance" test -r /etc/coinfleet/node.env
# shellcheck source=/dev/null
. /etc/coinfleet/node.env
export AWS_REGION
systemctl enable --quiet coinfleet.target
/usr/lib/coinfleet/configure
failed=$(systemctl list-units --plain --no-legend --state=failed 'coinfleet-*.service' | awk '{ print $1 }')
# An old failure must not be taken for the outcome of what starts now.
rm -f "$run/node.short"
{ grep -ls '"state": "failed"' "$run"/status/*.json || true; } | xargs -r rm -f
# shellcheck disable=SC2086 # a list of names
[ -z "$failed" ] || systemctl reset-failed $failed
systemctl start --no-block coinfleet.target coinfleet-configure.service coinfleet-volume.service coinfleet-restore.service coinfleet-node.service coinfleet-agent.service coinfleet-logs.service
if systemctl is-active --quiet coinfleet-volume.service; then
  /usr/lib/coinfleet/volume
fi
if systemctl is-active --quiet coinfleet-node.service; then
  /usr/lib/coinfleet/switch
fi
if systemctl is-active --quiet coinfleet-agent.service && ! cmp -s "$run/agent.wanted" "$run/agent.running"; then
  systemctl restart --no-block coinfleet-agent.service
fi
if systemctl is-active --quiet coinfleet-logs.service && ! jq -cS '.logs // empty' "$config" | cmp -s - "$run/logs.running"; then
  systemctl restart --no-block coinfleet-logs.service
fi
next_is_here() { [ ! -s "$next" ] || jq -e '.state == "done"' "$run/status/next.json" >/dev/null 2>&1; }
for ((waited = 0; waited < COINFLEET_PATIENCE_SEC; waited += 2)); do
  unit=node@$(jq -r .release "$release").service
  if systemctl is-active --quiet "$unit" && next_is_here && systemctl is-active --quiet coinfleet-agent.service && cmp -s "$run/node.wanted" "$run/node.running"; then break; fi
  # Nothing to wait for where a step has failed, or waits for the world outside.
  if /usr/local/bin/coinfleet-host settled; then break; fi
  sleep 2
done
succeed "release $(jq -r .release "$release")"
code=0
/usr/local/bin/coinfleet-host status || code=$?
# Waiting is not a failure: whoever asked looks at the node's health next.
[ "$code" != 1 ]
`;

/** Stops everything in order and lets the volume go. The host then stays silent, over a reboot too, until the next apply. */
export const drainScript = `mkdir -p "$run"
exec 9>"$run/apply.lock"
flock -w 600 9 || fail "an apply has not ended in 10 minutes" "See: coinfleet-host status"
systemctl disable --quiet coinfleet.target
systemctl stop coinfleet-node.service coinfleet-restore.service 'node@*.service'
nft flush set inet coinfleet gate 2>/dev/null || true
systemctl stop coinfleet-volume.service
# Last, so that its metrics show the stop; silent from now on.
systemctl stop coinfleet-agent.service coinfleet.target
rm -f "$run/node.running"
step=agent waiting "stopped"
if mountpoint -q "$data"; then fail "$data is still mounted" "See: fuser -vm $data"; fi
succeed "stopped and unmounted; back with: coinfleet-host apply"
`;

/** What an operator asks on the host. */
export const hostCommand = `steps="firewall configure volume restore node agent logs"
usage="usage: coinfleet-host status [--json] | apply | drain | restart
  status  each step: done, waiting (for what) or failed (why, and what to do). Exit code 0: all done, 1: one failed, 3: one waits.
  restart stops the node within its own stop time and starts it again. Nobody asks its siblings: coinfleet restart does."

# Only where a next release is announced.
[ ! -s "$next" ] || steps="$steps next"

collect() {
  for name in $steps; do
    if [ -s "$run/status/$name.json" ]; then
      cat "$run/status/$name.json"
    else
      jq -n --arg step "$name" '{step: $step, state: "waiting", why: "has not started", fix: "", at: null}'
    fi
  done | jq -s .
}

status() {
  local all
  all=$(collect)
  if [ "\${1:-}" = --json ]; then
    jq . <<<"$all"
  else
    jq -r '.[] | "\\(.step)\\t\\(.state)\\t\\(.why)", (if .fix == "" then empty else "\\t\\t→ \\(.fix)" end)' <<<"$all" |
      awk -F '\\t' '{ printf "%-10s %-8s %s\\n", $1, $2, $3 }'
  fi
  jq -e 'any(.[]; .state == "failed") | not' <<<"$all" >/dev/null || return 1
  jq -e 'all(.[]; .state == "done")' <<<"$all" >/dev/null || return 3
}

case \${1:-} in
  status) status "\${2:-}" ;;
  # Whether waiting longer changes nothing: a step has failed, or waits for its volume or its snapshot.
  settled) collect | jq -e 'any(.[]; .state == "failed" or (.state == "waiting" and (.why | test("not attached|restoring the snapshot"))))' >/dev/null ;;
  restart)
    unit=$(systemctl list-units --plain --no-legend --state=active,activating 'node@*.service' | awk 'NR == 1 { print $1 }')
    [ -n "$unit" ] || step=restart fail "no release runs, so there is nothing to restart" "See: coinfleet-host status"
    step=restart succeed "restarting $unit: an operator asks"
    systemctl restart "$unit"
    ;;
  apply | drain) exec "/usr/lib/coinfleet/$1" ;;
  *)
    echo "$usage" >&2
    exit 2
    ;;
esac
`;
