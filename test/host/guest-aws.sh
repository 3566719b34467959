#!/bin/bash
# The AWS command line in a guest: asks outside, where what it keeps outlives the guest.
exec 3<>/dev/virtio-ports/aws
printf '%q ' "$@" | base64 --wrap=0 >&3
echo >&3
read -r code output <&3
if [ "$code" != 0 ]; then exec >&2; fi
base64 -d <<<"$output"
exit "$code"
