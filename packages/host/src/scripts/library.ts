/** Functions that the host's scripts share. */
export const library = `# shellcheck shell=bash
# Sourced by every script of Coinfleet. "step" is the name of the step that the script is.
run=/run/coinfleet
data=/var/lib/coinfleet/data
config=$run/config.json
release=\${COINFLEET_RELEASE:-$run/release.json}
next=$run/next.json
export AWS_PAGER="" AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt DOCKER_CONFIG=$run/docker TMPDIR=$run
step=\${step:-unknown}

if [ -r /etc/coinfleet/node.env ]; then
  . /etc/coinfleet/node.env
  export AWS_REGION
fi

# report done|waiting|failed <why> [<what to do>]: for "coinfleet-host status" and the journal.
report() {
  mkdir -p "$run/status"
  jq -n --arg step "$step" --arg state "$1" --arg why "$2" --arg fix "\${3:-}" \\
    '{step: $step, state: $state, why: $why, fix: $fix, at: now | todate}' >"$run/status/$step.$$"
  mv "$run/status/$step.$$" "$run/status/$step.json"
  # Not to standard output, which may be what the caller asked for.
  echo "$step: $1: $2\${3:+ ($3)}" >&2
}

succeed() { report done "$@"; }
waiting() { report waiting "$@"; }

# fail <why> <what to do>: for what does not heal by waiting.
fail() {
  report failed "$1" "$2"
  exit 1
}

# patiently <what it is about> <command…>: tries again until it works, for at most COINFLEET_PATIENCE_SEC seconds where that is set.
patiently() {
  local what=$1 pause=2 started=$SECONDS output
  shift
  until output=$("$@" 2>"$run/problem"); do
    waiting "$what: $(tail -n 1 "$run/problem" | cut -c 1-300)" "It is tried again every \${pause} s."
    if [ -n "\${COINFLEET_PATIENCE_SEC:-}" ] && [ $((SECONDS - started)) -ge "$COINFLEET_PATIENCE_SEC" ]; then
      fail "$what: gave up after $COINFLEET_PATIENCE_SEC s: $(tail -n 1 "$run/problem" | cut -c 1-300)" "Remove the cause, then: coinfleet-host apply"
    fi
    sleep "$pause"
    pause=$((pause < 30 ? pause * 2 : 30))
  done
  printf '%s' "$output"
}
`;

/** First lines of every script. */
export const prologue = (step: string): string => `#!/bin/bash
set -euo pipefail
# shellcheck disable=SC2034 # read by the library
step=${step}
# shellcheck source=usr/lib/coinfleet/library.sh
. /usr/lib/coinfleet/library.sh
`;
