import { dockerNetwork } from "../host-paths.ts";

/** Pulls images by digest. The login is kept on tmpfs. */
export const pullScript = `# pull <step> <image…>: reports as the step that needs them.
shift
login() { aws ecr get-login-password | docker login --username AWS --password-stdin "$1"; }
for image in "$@"; do
  case $image in
    *@sha256:*) ;;
    *) fail "the image $image is not named by its digest" "Set the parameter again with: pulumi up" ;;
  esac
  if docker image inspect "$image" >/dev/null 2>&1; then continue; fi
  waiting "pulling $image"
  patiently "login to the registry" login "\${image%%/*}" >/dev/null
  patiently "pull of $image" docker pull --quiet "$image" >/dev/null
done
docker network inspect ${dockerNetwork.name} >/dev/null 2>&1 ||
  docker network create --subnet ${dockerNetwork.subnet} --opt com.docker.network.bridge.name=${dockerNetwork.bridge} ${dockerNetwork.name} >/dev/null
`;

/** Whether this release may write to the data volume: an older one may not where the coin's database does not survive it. */
export const releaseCheckScript = `wanted=$1
marker=$data/.coinfleet/release.json
mountpoint -q "$data" || fail "the data volume is not mounted" "See the step volume. Then: coinfleet-host apply"
[ "$wanted" = "$(jq -r .release "$release")" ] || fail "release $wanted is not the wanted one" "Then: coinfleet-host apply"

# older <a> <b>: whether version a comes before b. A pre-release comes before its release.
older() {
  local a b
  a=$(sed -E 's/[-.]?(alpha|beta|rc|pre)/~\\1/g' <<<"$1")
  b=$(sed -E 's/[-.]?(alpha|beta|rc|pre)/~\\1/g' <<<"$2")
  [ "$a" != "$b" ] && [ "$(printf '%s\\n' "$a" "$b" | sort -V | head -n 1)" = "$a" ]
}

if [ -e "$marker" ] && [ "$(jq -r .databaseSurvivesDowngrade "$config")" != true ]; then
  jq -e .versions "$marker" >/dev/null 2>&1 || fail "$marker cannot be read" "Look at it: it names the release that last wrote the data."
  while IFS=$'\\t' read -r client version; do
    last=$(jq -r --arg client "$client" '.versions[$client] // ""' "$marker")
    if [ -n "$last" ] && older "$version" "$last"; then
      fail "$client $version is older than $last, which last wrote the data; its database does not survive that" \\
        "Set release $last again, or a new generation of the volume from an older snapshot."
    fi
  done < <(jq -r '.versions | to_entries[] | [.key, .value] | @tsv' "$release")
fi
# Before the daemons start: from then on they may have written.
jq '{release, versions, since: (now | todate)}' "$release" >"$marker.new"
sync "$marker.new"
mv "$marker.new" "$marker"
`;

/** What the daemons want to find in their data directories. */
export const dataFilesScript = `while IFS=$'\\t' read -r daemon path link; do
  # A daemon may have put links into its directory: with its own rights they lead nowhere new.
  jq -j --arg daemon "$daemon" --arg path "$path" '.daemons[] | select(.name == $daemon) | .dataFiles[$path].first // ""' "$config" |
    setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs /usr/lib/coinfleet/data-file "$data/$daemon" "$path" "$link"
done < <(jq -r '.daemons[] | .name as $name | .dataFiles // {} | to_entries[] | [$name, .key, .value.link // ""] | @tsv' "$config")
`;

/** One of those files, as the daemons' user: \`data-file <directory> <path> <file to link to>\`, or its text on standard input. */
export const dataFileScript = `#!/bin/bash
set -euo pipefail
umask 077
cd "$1"
mkdir -p "$(dirname "$2")"
if [ -n "$3" ]; then
  ln -sfn "/etc/coinfleet/$3" "$2"
elif [ -e "$2" ]; then
  cat >/dev/null
else
  cat >"$2.new"
  mv "$2.new" "$2"
fi
`;

/** Makes an empty data directory ready: \`first-start <daemon> <image>\`. What an earlier try has left half done is thrown away. */
export const firstStartScript = `daemon=$1
image=$2
directory=$data/$daemon
marker=$data/.coinfleet/first-start.$daemon
plan=$(jq -c --arg daemon "$daemon" '.daemons[] | select(.name == $daemon) | select(.firstStart)' "$config")
[ -n "$plan" ] || exit 0
creates=$(jq -r .firstStart.creates <<<"$plan")
if [ ! -e "$marker" ]; then
  if [ -e "$directory/$creates" ]; then exit 0; fi
  [ -z "$(ls -A "$directory")" ] || fail "the data directory of $daemon holds something else than $creates" \\
    "It has not been changed. Look at $directory: a restored archive must hold $creates."
fi
# From here on, all that is in the directory is from the commands below, until the marker is gone.
: >"$marker"
sync "$marker"
find "$directory" -mindepth 1 -delete

count=$(jq '.firstStart.commands | length' <<<"$plan")
for ((step_of = 0; step_of < count; step_of++)); do
  waiting "first start of $daemon: command $((step_of + 1)) of $count"
  # The daemon's own arguments, but in the foreground.
  mapfile -d '' -t words < <(jq -j --argjson at "$step_of" --arg image "$image" \\
    '(["--rm"] + (.arguments - ["--detach"]) + [$image] + .firstStart.commands[$at])[] | . + "\\u0000"' <<<"$plan")
  docker run "\${words[@]}" 2>"$run/problem" >/dev/null ||
    fail "first start of $daemon: command $((step_of + 1)) of $count: $(tail -n 1 "$run/problem" | cut -c 1-300)" "It is tried again on an empty directory."
  docker rm --force "$daemon" >/dev/null 2>&1 || true
done
[ -e "$directory/$creates" ] || fail "the first start of $daemon has not made $creates" "It is tried again on an empty directory."
sync
rm "$marker"
# A marker that came back after a power cut would have the daemon's data deleted as half done.
sync "$data/.coinfleet"
`;

/** Runs the daemons of a release until one of them ends. The service manager then starts them all again. */
export const nodeScript = `wanted=$1
# What starts is what is checked, whatever is chosen by then.
cp "$release" "$run/node.release"
export COINFLEET_RELEASE=$run/node.release
release=$COINFLEET_RELEASE
/usr/lib/coinfleet/release-check "$wanted"
mapfile -t images < <(jq -r '.images[]' "$release")
/usr/lib/coinfleet/pull node "\${images[@]}"

count=$(cat "$run/agent/starts" 2>/dev/null || echo 0)
echo $((count + 1)) >"$run/agent/starts"
chmod 0644 "$run/agent/starts"
cp "$run/node.wanted" "$run/node.running"
rm -f "$run"/ended.* "$run/agent/leaving"

image_of() {
  jq -r --arg daemon "$1" --slurpfile release "$release" '.daemons[] | select(.name == $daemon) | $release[0].images[.client] // ""' "$config"
}

mapfile -t daemons < <(jq -r '.daemons[].name' "$config")
for daemon in "\${daemons[@]}"; do
  docker rm --force "$daemon" >/dev/null 2>&1 || true
  /usr/lib/coinfleet/first-start "$daemon" "$(image_of "$daemon")"
done
# Not before the first start, which wants an empty directory.
/usr/lib/coinfleet/data-files
for daemon in "\${daemons[@]}"; do
  image=$(image_of "$daemon")
  [ -n "$image" ] || fail "the release has no image for $daemon" "Set the parameter again with: pulumi up"
  # A list of any words, so that nothing in a command line is ever read as shell.
  mapfile -d '' -t words < <(jq -j --arg daemon "$daemon" --arg image "$image" \\
    '.daemons[] | select(.name == $daemon) | (.arguments + [$image] + .command)[] | . + "\\u0000"' "$config")
  error=$(docker run "\${words[@]}" 2>&1 >/dev/null) || fail "$daemon does not start: $error" "It is tried again."
done
succeed "release $wanted: \${daemons[*]}"
started=$SECONDS
systemd-notify --ready --status="running $wanted"
/usr/lib/coinfleet/report-running </dev/null &

for daemon in "\${daemons[@]}"; do
  { echo "$daemon ended with code $(docker wait "$daemon")"; } >"$run/ended.$daemon" &
  waits+=("$!")
done
wait -n "\${waits[@]}"
ended=$(cat "$run"/ended.* 2>/dev/null | paste -sd ' ')
short=0
[ $((SECONDS - started)) -ge 60 ] || short=$(($(cat "$run/node.short" 2>/dev/null || echo 0) + 1))
echo "$short" >"$run/node.short"
[ "$short" -lt 3 ] || fail "$ended, within a minute of its start and $short times in a row" "It is started again all the same; its log says why."
waiting "$ended" "It is started again; its log says why."
exit 1
`;

/**
 * Stops the daemons in the reverse order of their start, each within the time that its coin allows. A load balancer hears of it first: until it sends nobody
 * any more, the node goes on serving.
 */
export const nodeStopScript = `running() {
  while read -r daemon; do
    [ "$(docker inspect --format '{{.State.Running}}' "$daemon" 2>/dev/null)" = true ] || return 1
  done < <(jq -r '.daemons[].name' "$config")
}
seconds=$(jq -r .leaveSec "$config")
if [ "$seconds" != 0 ] && [ "$(cat "$run/gate" 2>/dev/null)" = open ] && running; then
  install -m 0644 /dev/null "$run/agent/leaving"
  waiting "leaving the load balancer, $seconds s"
  sleep "$seconds"
fi
while IFS=$'\\t' read -r daemon seconds; do
  docker stop --time "$seconds" "$daemon" >/dev/null 2>&1 || true
  code=$(docker inspect --format '{{.State.ExitCode}}' "$daemon" 2>/dev/null || echo none)
  if [ "$code" = 137 ]; then echo "$daemon did not stop within $seconds s and was killed" >&2; fi
  docker rm --force "$daemon" >/dev/null 2>&1 || true
done < <(jq -r '.daemons | reverse[] | [.name, .stopTimeoutSec] | @tsv' "$config")
# The manager runs this too when the daemons have ended by themselves, which has been said, and sets this variable then.
[ -n "\${EXIT_CODE:-}" ] || waiting "stopped"
`;

/**
 * Tells the world which release runs: gates and the status command read it. Best effort, because the node matters more. Then lets go of images that no container
 * uses, which would fill the root disk release by release; of today's builds none, because the agent may be about to start one.
 */
export const reportRunningScript = `value=$(jq -c '{release, images, versions, startedAt: (now | todate)}' "$release")
export COINFLEET_PATIENCE_SEC=600
patiently "report of the running release" aws ssm put-parameter --name "$COINFLEET_PARAMETERS/running" --type String --overwrite --value "$value" >/dev/null
succeed "running $(jq -r .release "$release")"
[ -s "$next" ] || docker ps --all --quiet --filter label=coinfleet.next | xargs -r docker rm >/dev/null
docker image prune --all --force --filter until=24h >/dev/null
`;

/** Starts the wanted release, and first stops another one. Does nothing when it runs with the wanted configuration. */
export const switchScript = `/usr/lib/coinfleet/choose-release
wanted=$(jq -r .release "$release")
unit=node@$wanted.service
while read -r other _; do
  if [ "$other" = "$unit" ]; then continue; fi
  systemctl stop "$other"
  # What it said last, perhaps of its own failure, is not the outcome of what starts now.
  rm -f "$run/status/node.json"
done < <(systemctl list-units --plain --no-legend --state=active,activating,deactivating,failed 'node@*.service')
if systemctl is-active --quiet "$unit" && ! cmp -s "$run/node.wanted" "$run/node.running"; then
  echo "the configuration has changed: restarting $unit"
  systemctl restart --no-block "$unit"
else
  systemctl start --no-block "$unit"
fi
succeed "wanted release: $wanted"
`;

/** An empty data directory gets its snapshot, before the daemon ever sees it. */
export const restoreScript = `daemon=$(jq -r '.restore.daemon // ""' "$config")
if [ -z "$daemon" ]; then
  succeed "the coin has no archive to restore"
  exit 0
fi
image=$(cat "$run/agent-image")
/usr/lib/coinfleet/pull restore "$image"
waiting "restoring the snapshot of $daemon" "Progress: journalctl -fu coinfleet-restore"
docker rm --force coinfleet-restore >/dev/null 2>&1 || true
mapfile -d '' -t words < <(jq -j --arg image "$image" '.restore | (.arguments + [$image] + .command)[] | . + "\\u0000"' "$config")
code=0
docker run "\${words[@]}" 2>&1 | tee "$run/restore.log" | while IFS= read -r line; do
  echo "$line"
  progress=$(jq -r 'select(.message == "restoring") | "part \\(.part) of \\(.parts), \\(.percent // "?") %, \\(.mibPerSec) MiB/s, \\(.remainingSec // "?") s left"' <<<"$line" 2>/dev/null) || progress=""
  if [ -n "$progress" ]; then
    waiting "restoring the snapshot of $daemon: $progress" "Progress: journalctl -fu coinfleet-restore"
    echo "$line" >"$run/agent/restore.new"
    chmod 0644 "$run/agent/restore.new"
    mv "$run/agent/restore.new" "$run/agent/restore.json"
  fi
done || code=\${PIPESTATUS[0]}
rm -f "$run/agent/restore.json"
last=$(tail -n 1 "$run/restore.log" | jq -Rr '(fromjson? | .message) // .' | cut -c 1-400)
case $code in
  0) succeed "\${last:-restored}" ;;
  # The download may work the next time; the service manager tries again.
  75)
    waiting "$last" "It is tried again every 30 s."
    sleep 30
    exec "$0"
    ;;
  *) fail "$last" "Nothing of the snapshot is visible to the daemon. Correct it, then: coinfleet-host apply" ;;
esac
`;

/** Runs the agent in the foreground. */
export const agentScript = `image=$(cat "$run/agent-image")
/usr/lib/coinfleet/pull agent "$image"
docker rm --force coinfleet-agent >/dev/null 2>&1 || true
cp "$run/agent.wanted" "$run/agent.running"
succeed "$image"
mapfile -d '' -t words < <(jq -j --arg image "$image" '(.agent.arguments + [$image])[] | . + "\\u0000"' "$config")
code=0
docker run "\${words[@]}" || code=$?
waiting "the agent ended with code $code" "It is started again; its log says why."
exit 1
`;

/** Restarts the node because the agent asks, who has the group's leave. An agent that has been taken over asks in vain beyond the day's number. */
export const restartScript = `request=$run/requests/restart
[ -f "$request" ] && [ ! -L "$request" ] || exit 0
why=$(head -c 200 "$request" | tr -cd 'A-Za-z0-9 .,:()-')
rm -f "$request"
most=$(jq -r .agent.config.selfHealing.restartsPerDay "$config")
log=/var/lib/coinfleet/restarts
now=$(date +%s)
touch "$log"
awk -v since=$((now - 86400)) '$1 > since' "$log" >"$log.new"
mv "$log.new" "$log"
if [ "$(wc -l <"$log")" -ge "$most" ] || [ "$(tail -n 1 "$log" | cut -d ' ' -f 1)" -gt $((now - 600)) ] 2>/dev/null; then
  waiting "a restart was asked for ($why) and refused: at most $most a day, 10 minutes apart" "Look at the node."
  exit 0
fi
echo "$now $why" >>"$log"
succeed "restarting the node: $why"
systemctl try-restart 'node@*.service'
`;
