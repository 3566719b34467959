import { volumeLabel } from "../host-paths.ts";

/** Finds the data volume by its id, makes a file system if it is blank and may be, mounts and grows it. Never guesses: chain data comes first. */
export const volumeScript = `id=$(jq -r .volume.id "$config")
serial=\${id/-/}
again="Then: coinfleet-host apply"
started=$SECONDS
until devices=$(/usr/lib/coinfleet/volume-devices "$serial") && [ -n "$devices" ]; do
  waiting "volume $id is not attached" "Attach it to this instance; nothing else is missing here."
  if [ -n "\${COINFLEET_PATIENCE_SEC:-}" ] && [ $((SECONDS - started)) -ge "$COINFLEET_PATIENCE_SEC" ]; then exit 75; fi
  sleep 2
done
[ "$(wc -l <<<"$devices")" = 1 ] || fail "several devices say that they are $id: $(tr '\\n' ' ' <<<"$devices")" "Find out which one it is, and detach the other. $again"
device=$devices

mounted=$(findmnt -nro SOURCE --mountpoint "$data" || true)
if [ -n "$mounted" ] && [ "$(mountpoint -d "$data")" != "$(mountpoint -x "$device")" ]; then
  fail "$mounted is mounted at $data, and not $id ($device)" "Stop the node, then: umount $data. $again"
fi
if [ -z "$mounted" ]; then
  /usr/lib/coinfleet/volume-format "$device" "$id"
  mkdir -p "$data"
  error=$(mount -t xfs -o noatime,nodev,nosuid,noexec "$device" "$data" 2>&1) ||
    fail "the file system on $id cannot be mounted: $error" "Look at it with: xfs_repair -n $device. It has not been changed. $again"
fi
case ,$(findmnt -nro OPTIONS --mountpoint "$data"), in
  *,ro,*) fail "$id is mounted read-only: the kernel met an error on it" "See: dmesg | grep -i xfs. $again" ;;
esac
/usr/lib/coinfleet/volume-owner || exit 1
# Does nothing when the device has not grown.
error=$(xfs_growfs "$data" 2>&1 >/dev/null) || fail "the file system cannot be grown: $error" "The data is untouched. $again"

for daemon in $(jq -r '.daemons[].name' "$config"); do
  install -d -m 0700 -o 10001 -g 10001 "$data/$daemon"
done
succeed "$id is $device, $(findmnt -nro SIZE,USE% --mountpoint "$data" | sed 's/ /, used /')"
`;

/** Makes the file system as large as its device, which the grower has made larger. Does nothing when it is, or when nothing is mounted. */
export const volumeGrowScript = `if ! mountpoint -q "$data"; then exit 0; fi
before=$(stat -f -c %b "$data")
error=$(xfs_growfs "$data" 2>&1 >/dev/null) || fail "the file system cannot be grown: $error" "The data is untouched. Then: coinfleet-host apply"
if [ "$(stat -f -c %b "$data")" != "$before" ]; then
  succeed "the file system has grown to $(findmnt -nro SIZE,USE% --mountpoint "$data" | sed 's/ /, used /')"
fi
`;

/** Every whole device that says it is the volume: by udev's name for its serial, and by the serial itself. */
export const volumeDevicesScript = `serial=$1
{
  for link in /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_"$serial" /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_"$serial"[_-]*; do
    case $link in
      *-part[0-9]*) ;;
      *) if [ -b "$link" ]; then readlink -f "$link"; fi ;;
    esac
  done
  lsblk -dnpro NAME,SERIAL | awk -v serial="$serial" '$2 == serial { print $1 }'
} | while read -r device; do
  # One device may have several names; its number is what it is.
  if [ -b "$device" ]; then echo "$(mountpoint -x "$device") $device"; fi
done | awk '!seen[$1]++ { print $2 }'
`;

/** Exit 0: nothing was ever written to the device. Else: what is on it, or why that cannot be said. */
export const volumeBlankScript = `device=$1
not_blank() {
  echo "$1"
  exit 1
}
# zeros <where> <offset> <bytes>
zeros() {
  local code=0
  cmp --silent --ignore-initial="$2":0 --bytes="$3" "$device" /dev/zero || code=$?
  case $code in
    0) ;;
    1) not_blank "there is data $1" ;;
    *) not_blank "it cannot be read $1" ;;
  esac
}

blockdev --flushbufs "$device"
size=$(blockdev --getsize64 "$device") || not_blank "it cannot be read"
[ "$size" -gt 0 ] || not_blank "it has no size"
[ "$(lsblk -nro NAME "$device" | wc -l)" = 1 ] || not_blank "it has partitions or is part of something"
signatures=$(wipefs --no-act --noheadings --output TYPE "$device" 2>&1) || not_blank "it cannot be read: $signatures"
[ -z "$signatures" ] || not_blank "it holds $(tr '\\n' ' ' <<<"$signatures")"
code=0
found=$(blkid -p -o export "$device" 2>&1) || code=$?
[ "$code" = 2 ] || not_blank "it holds $(tr '\\n' ' ' <<<"$found")"

# A damaged first megabyte hides a file system from both. A new EBS volume reads as zeros, so anything else is somebody's data.
# Copies of superblocks lie at the start of ext4's block groups, and at even fractions of an xfs.
head=$((256 * 1024 * 1024))
tail=$((16 * 1024 * 1024))
zeros "in its first 256 MiB" 0 $((size < head ? size : head))
zeros "at its end" $((size < tail ? 0 : size - tail)) $((size < tail ? size : tail))
for ((sample = 1; sample < 1024; sample++)); do
  offset=$((size * sample / 1024 / 4096 * 4096 - 32768))
  # What lies before has been read.
  if [ $((offset + 65536)) -gt "$head" ]; then zeros "at byte $offset" "$offset" 65536; fi
done
`;

/** Leaves behind a file system that may be mounted, or fails. The record in the parameter store outlives whatever happens to the device. */
export const volumeFormatScript = `device=$1 id=$2
retired="Look at it first. If its data is not needed: a new generation of the volume in the stack file."
get_record() {
  local output
  if output=$(aws ssm get-parameter --name "$COINFLEET_PARAMETERS/volume" --query Parameter.Value --output text 2>&1); then
    jq -c --arg id "$id" 'if .id == $id then . else {} end' <<<"$output"
  elif grep -q ParameterNotFound <<<"$output"; then
    echo '{}'
  else
    echo "$output" >&2
    return 1
  fi
}
put_record() {
  aws ssm put-parameter --name "$COINFLEET_PARAMETERS/volume" --type String --overwrite \\
    --value "$(jq -nc --arg id "$id" --arg state "$1" --arg uuid "$2" '{id: $id, state: $state, uuid: $uuid, at: now | todate}')"
}

record=$(patiently "record of the volume" get_record)
if content=$(/usr/lib/coinfleet/volume-blank "$device"); then
  [ "$(jq -r .state <<<"$record")" != formatted ] ||
    fail "$id had a file system since $(jq -r .at <<<"$record"), and now reads as blank" "It is not formatted again. $retired"
  [ "$(jq -r .volume.mayFormat "$config")" = true ] || fail "$id was made from a snapshot, and reads as blank" "It is not formatted. Check the snapshot."
  patiently "record of the volume" put_record formatting "" >/dev/null
  error=$(mkfs.xfs -q -L ${volumeLabel} "$device" 2>&1) || fail "mkfs.xfs: $error" "$retired"
fi
blkid -p -o export "$device" >"$run/volume-probe" 2>&1 || true
is() { sed -n "s/^$1=//p" "$run/volume-probe"; }
if [ "$(is TYPE)" != xfs ] || [ "$(is LABEL)" != ${volumeLabel} ]; then
  fail "$id is neither blank nor ours: \${content:-it holds $(is TYPE) $(is PTTYPE) with label \\"$(is LABEL)\\"}" "It has not been touched. $retired"
fi
uuid=$(jq -r '.uuid // ""' <<<"$record")
if [ -n "$uuid" ] && [ "$uuid" != "$(is UUID)" ]; then
  fail "the file system on $id is not the one that was there: UUID $(is UUID), expected $uuid" "It has not been touched. $retired"
fi
if [ "$uuid" != "$(is UUID)" ]; then patiently "record of the volume" put_record formatted "$(is UUID)" >/dev/null; fi
`;

/** The marker at the root of the volume: whose chain it holds. A volume of another coin must not become this one's home. */
export const volumeOwnerScript = `marker=$data/.coinfleet/volume.json
mine=$(jq -c '{coin, network}' "$config")
if [ -e "$marker" ]; then
  theirs=$(jq -c '{coin, network}' "$marker" 2>/dev/null) || theirs=unreadable
  [ "$theirs" = "$mine" ] || fail "the volume holds the chain of $theirs, this node is $mine" "Attach the right volume. It has not been changed."
elif [ -n "$(find "$data" -mindepth 1 -maxdepth 1 ! -name .coinfleet | head -n 1)" ]; then
  fail "the volume holds data, but not our marker $marker" "Look at it. If it is this node's: write $mine to $marker."
else
  # On a full disk this fails, and must not stop a node that already has its marker.
  install -d -m 0755 "$data/.coinfleet"
  jq '{environment, group, coin, network, volume: .volume.id, createdAt: (now | todate)}' "$config" >"$marker.new"
  mv "$marker.new" "$marker"
fi
`;

/** Unmounts the data volume. It must not be in use: the daemons are stopped first. */
export const volumeStopScript = `if ! mountpoint -q "$data"; then exit 0; fi
sync -f "$data"
error=$(umount "$data" 2>&1) || fail "$data cannot be unmounted: $error" "See: fuser -vm $data"
waiting "unmounted"
`;
