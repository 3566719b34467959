/**
 * Sends the host's journal to a GELF input over TCP, which acknowledges nothing: what a server's kernel has taken is lost with it. So each line that
 * was sent less than 30 s before a connection broke is sent again. The journal is the buffer: bounded, on disk, and there after a reboot.
 */
export const forwardLogsScript = `export LC_ALL=C
trap '' PIPE
place=/var/lib/coinfleet/logs.cursor
keep=30
jq -cS '.logs // empty' "$config" >"$run/logs.running"
if [ ! -s "$run/logs.running" ]; then
  succeed "docker sends the daemons' lines itself"
  exit 0
fi
IFS=$'\\t' read -r host port < <(jq -r '[.host, .port] | @tsv' "$run/logs.running")
address=$(getent ahosts "$host" | awk 'NR == 1 { print $1 }') || true
{ exec {server}<>"/dev/tcp/\${address:=$host}/$port"; } 2>"$run/problem.logs" || {
  waiting "the log server $host:$port cannot be reached: $(tail -n 1 "$run/problem.logs" | cut -c 1-200)" "The journal keeps the lines. It is tried again every 5 s."
  exit 1
}
after=()
if [ -s "$place" ]; then after=("--after-cursor=$(cat "$place")"); fi
exec {lines}< <(journalctl --follow --no-tail --all --quiet --output=json "\${after[@]}" | /usr/lib/coinfleet/gelf-lines)
succeed "every line goes to $host:$port"

lost() { waiting "$host:$port: $1" "What it may not have read is sent again." && exit 1; }
sent=0 part="" cursor="" next=0 marks=()
# What was sent long enough ago, and has arrived, is not sent again.
remember() {
  local queued when upto at mark old=""
  queued=$(ss --no-header --tcp --numeric dst "[$address]:$port" | awk '{ sum += $3 } END { print sum + 0 }')
  marks+=("$SECONDS $sent $cursor")
  for mark in "\${marks[@]}"; do
    read -r when upto at <<<"$mark"
    if [ "$when" -gt $((SECONDS - keep)) ] || [ "$upto" -gt $((sent - queued)) ]; then break; fi
    old=$at marks=("\${marks[@]:1}")
  done
  if [ -n "$old" ]; then echo "$old" >"$place.new" && mv "$place.new" "$place"; fi
}
while :; do
  if IFS= read -r -t 1 -u "$lines" text; then
    part+=$text
    cursor=\${part%%$'\\t'*} message=\${part#*$'\\t'} part=""
    { printf '%s\\0' "$message" >&"$server"; } 2>/dev/null || lost "the connection broke"
    sent=$((sent + \${#message} + 1))
  else
    [ $? -gt 128 ] || fail "the journal cannot be read" "See: journalctl --verify"
    part+=$text
  fi
  if [ "$SECONDS" -lt "$next" ]; then continue; fi
  next=$((SECONDS + 2))
  # The server never says anything: what there is to read is the end.
  if read -r -t 0 -u "$server"; then lost "it has closed the connection"; fi
  remember
done
`;

/** Journal entries → for each a line: its cursor, a tab, and the GELF message (version 1.1). */
export const gelfLinesScript = `exec jq --unbuffered --raw-output --slurpfile configuration "$config" '
  $configuration[0] as $node |
  # Bytes where it is no text, and several texts where a field comes twice.
  def text: if type != "array" then . // "" | tostring elif all(.[]; type == "number") then implode else map(text) | join(" ") end;
  def named(name; value): if value == null then {} else {(name): value} end;
  (.MESSAGE | text) as $message |
  (first($node.logs.alarms | to_entries[] | select(any(.value[]; . as $term | $message | contains($term))) | .key) // null) as $alarm |
  [.__CURSOR, ({
    version: "1.1",
    host: $node.node,
    # An empty one is refused.
    short_message: (if $message == "" then "-" else $message end),
    timestamp: ((.__REALTIME_TIMESTAMP | tonumber) / 1000000),
    level: (.PRIORITY // "6" | tonumber),
    _environment: $node.environment, _group: $node.group, _coin: $node.coin, _network: $node.network
  } + named("_container"; .CONTAINER_NAME) + named("_unit"; ._SYSTEMD_UNIT) + named("_alarm"; $alarm) | tojson)] | join("\\t")
'
`;
