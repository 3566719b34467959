import { agentPort } from "@coinfleet/sdk";

/**
 * Which release the node runs: what the parameter says, or what it says of the next one once that is due. It never goes back: what is due stays due, over a
 * reboot by the marker on the volume.
 */
export const chooseReleaseScript = `umask 077
exec 7>"$run/choose.lock"
flock 7
parameter=$run/release-parameter.json
marker=$data/.coinfleet/release.json
taken=$run/next.taken

# reached: whether the next release's time or height is there.
reached() {
  local time height file seen
  time=$(jq -r '.at.time // ""' "$next")
  if [ -n "$time" ]; then
    [ "$(date +%s)" -ge "$(date -d "$time" +%s)" ]
    return
  fi
  IFS=$'\\t' read -r height file < <(jq -r '[.at.height, .at.file // ""] | @tsv' "$next")
  if [ -n "$file" ]; then
    # With the daemons' own rights, and not for ever: it may be a link, or a pipe.
    seen=$(setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs timeout 5 jq -r .height "$data/$file" 2>/dev/null) || return 1
  else
    seen=$(curl --silent --fail --max-time 5 http://127.0.0.1:${agentPort}/status | jq -r .probe.height) || return 1
  fi
  [[ $seen =~ ^[0-9]{1,15}$ ]] && [ "$seen" -ge "$height" ]
}

due() {
  [ -s "$next" ] || return 1
  if [ "$(jq -r .release "$marker" 2>/dev/null)" = "$(jq -r .release "$next")" ] || cmp -s "$next" "$taken"; then return 0; fi
  reached || return 1
  # The agent does not know the height while the daemons are stopped.
  cp "$next" "$taken"
}

jq -cS '.next // empty' "$parameter" >"$next.new"
# What was said of another one is not the outcome of this one.
cmp -s "$next.new" "$next" || rm -f "$run/status/next.json"
mv "$next.new" "$next"
chosen=.
if due; then chosen=.next; fi
jq -cS "$chosen | {release, images, versions}" "$parameter" >"$release.new"
mv "$release.new" "$release"
# What decides whether the node has to be started again.
jq -cS '[.daemons, .firewall]' "$config" | cat - "$release" | sha256sum >"$run/node.wanted"
`;

/** Every few seconds: has the images of the next release ready, and starts it when it is due. Does nothing where none is announced. */
export const nextScript = `[ -s "$next" ] || exit 0
name=$(jq -r .release "$next")
while IFS=$'\\t' read -r client image; do
  /usr/lib/coinfleet/pull next "$image"
  # A container that never starts keeps the image when those that nobody uses are let go of.
  keeper=coinfleet-next-$client
  if [ "$(docker inspect --format '{{.Config.Image}}' "$keeper" 2>/dev/null)" = "$image" ]; then continue; fi
  docker rm "$keeper" >/dev/null 2>&1 || true
  docker create --name "$keeper" --label coinfleet.next "$image" true >/dev/null
done < <(jq -r '.images | to_entries[] | [.key, .value] | @tsv' "$next")
if [ "$(jq -r .release "$release")" = "$name" ]; then
  say="release $name has taken over"
else
  say="release $name takes over at $(jq -r '.at | .time // "height \\(.height)"' "$next"); its images are here"
fi
[ "$say" = "$(jq -r .why "$run/status/next.json" 2>/dev/null)" ] || succeed "$say"

exec 9>"$run/apply.lock"
# An apply chooses by itself, and what a drain or a stop has stopped stays so.
flock -n 9 || exit 0
/usr/lib/coinfleet/choose-release
wanted=$(jq -r .release "$release")
other=$(systemctl list-units --plain --no-legend --state=active,activating 'node@*.service' | awk -v unit="node@$wanted.service" '$1 != unit { print $1 }')
[ -n "$other" ] || exit 0
echo "release $wanted is due"
/usr/lib/coinfleet/switch
`;
