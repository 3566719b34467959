import { coordinationKeys, groupScope, holdScope, metricNamespace, volumeTags } from "@coinfleet/sdk";

const { scope, entry, expires } = coordinationKeys;

/**
 * The grower: looks at every data volume of an environment, and grows those that are four fifths full. Python, because AWS's Systems Manager runs it as it is.
 * It takes the group's lock in the way of `@coinfleet/coordination`, and leaves one of the four modifications that AWS allows a volume in 24 hours to a person.
 */
export const growVolumesScript = `import datetime
import math
import time

import boto3
from botocore.exceptions import ClientError

FULL_PERCENT = 80
PER_DAY = 3
DAY_SEC = 24 * 3600
# A host sees its larger volume and grows the file system within two minutes; metrics need another.
SETTLE_SEC = 600
LEASE_SEC = 120
KEPT_SEC = 90 * DAY_SEC
OWNER = "grower"


def grow_volumes(events, context):
    grower = Grower(events["environment"], events["table"])
    return {"grown": grower.run(), "refused": grower.refused}


class Grower:
    def __init__(self, environment, table):
        self.environment, self.table = environment, table
        self.ec2, self.cloudwatch, self.dynamodb = boto3.client("ec2"), boto3.client("cloudwatch"), boto3.client("dynamodb")
        self.refused = {}

    def run(self):
        volumes = self.volumes()
        used = self.used_percent([volume["node"] for volume in volumes])
        grown = {}
        for volume in volumes:
            percent = used.get(volume["node"])
            if percent is None or percent < FULL_PERCENT:
                continue
            try:
                grown[volume["node"]] = self.grow(volume, percent)
            except (Refusal, ClientError) as why:
                self.refused[volume["node"]] = str(why)
                print(f"{volume['node']}: {volume['id']} is {percent:.0f} % full and does not grow: {why}")
        return grown

    def volumes(self):
        found = []
        wanted = [
            {"Name": "tag:coinfleet:environment", "Values": [self.environment]},
            {"Name": "tag-key", "Values": ["${volumeTags.maximum}"]},
            {"Name": "status", "Values": ["in-use"]},
        ]
        for page in self.ec2.get_paginator("describe_volumes").paginate(Filters=wanted):
            for one in page["Volumes"]:
                tags = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
                found.append(
                    {
                        "id": one["VolumeId"],
                        "size": one["Size"],
                        "group": tags["coinfleet:group"],
                        "node": tags["coinfleet:node"],
                        "maximum": int(tags["${volumeTags.maximum}"]),
                        "percent": int(tags["${volumeTags.step}"]),
                    }
                )
        return sorted(found, key=lambda volume: volume["node"])

    def used_percent(self, nodes):
        """The newest sample of the last three minutes, by node: an old one may be from before the last growth."""
        now = datetime.datetime.now(datetime.timezone.utc)
        newest = {}
        for start in range(0, len(nodes), 500):
            queries = [
                {
                    "Id": f"m{index}",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "${metricNamespace}",
                            "MetricName": "DataVolumeUsedPercent",
                            "Dimensions": [{"Name": "Environment", "Value": self.environment}, {"Name": "Node", "Value": node}],
                        },
                        "Period": 60,
                        "Stat": "Maximum",
                    },
                }
                for index, node in enumerate(nodes[start : start + 500])
            ]
            pages = self.cloudwatch.get_paginator("get_metric_data").paginate(
                StartTime=now - datetime.timedelta(minutes=3), EndTime=now, ScanBy="TimestampDescending", MetricDataQueries=queries
            )
            for page in pages:
                for result in page["MetricDataResults"]:
                    if result["Values"]:
                        newest.setdefault(nodes[start + int(result["Id"][1:])], result["Values"][0])
        return newest

    def grow(self, volume, used):
        if volume["percent"] == 0:
            raise Refusal("selfHealing is off in the stack file")
        if volume["size"] >= volume["maximum"]:
            raise Refusal(f"it has {volume['size']} GiB, and volume.maximumGiB is {volume['maximum']}")
        hold = self.item(f"${holdScope("")}{volume['group']}", volume["node"])
        if hold is not None:
            raise Refusal(f"{hold['By']['S']} holds the node: {hold['Reason']['S']}")
        before = self.growths(volume)
        if before and time.time() - before[-1] < SETTLE_SEC:
            raise Refusal("it has just grown")
        if len(before) >= PER_DAY:
            raise Refusal(f"it has grown {len(before)} times in 24 hours; what AWS still allows is left to a person")
        self.lock(volume)
        try:
            size = min(volume["maximum"], math.ceil(volume["size"] * (1 + volume["percent"] / 100)))
            self.ec2.modify_volume(VolumeId=volume["id"], Size=size)
            self.record(volume, f"{volume['id']} is {used:.0f} % full: {volume['size']} to {size} GiB")
            print(f"{volume['node']}: {volume['id']} is {used:.0f} % full: {volume['size']} to {size} GiB")
            return size
        finally:
            self.release(volume)

    def growths(self, volume):
        """Unix seconds of the last day's growths, oldest first."""
        since = time.time() - DAY_SEC
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="#scope = :scope AND begins_with(#entry, :prefix)",
            ExpressionAttributeNames={"#scope": "${scope}", "#entry": "${entry}"},
            ExpressionAttributeValues={":scope": {"S": f"${groupScope("")}{volume['group']}"}, ":prefix": {"S": "action/"}},
        )
        times = [
            int(item["At"]["N"]) / 1000
            for page in pages
            for item in page["Items"]
            if item["Kind"]["S"] == "grow" and item["Node"]["S"] == volume["node"]
        ]
        return [moment for moment in times if moment >= since]

    def item(self, scope, entry):
        found = self.dynamodb.query(
            TableName=self.table,
            ConsistentRead=True,
            KeyConditionExpression="#scope = :scope AND #entry = :entry",
            ExpressionAttributeNames={"#scope": "${scope}", "#entry": "${entry}"},
            ExpressionAttributeValues={":scope": {"S": scope}, ":entry": {"S": entry}},
        )["Items"]
        return found[0] if found else None

    def key(self, volume, entry):
        return {"${scope}": {"S": f"${groupScope("")}{volume['group']}"}, "${entry}": {"S": entry}}

    def lock(self, volume):
        now = int(time.time() * 1000)
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={
                    **self.key(volume, "lock"),
                    "Owner": {"S": OWNER},
                    "Reason": {"S": f"the volume of {volume['node']} grows"},
                    "Until": {"N": str(now + LEASE_SEC * 1000)},
                },
                ConditionExpression="attribute_not_exists(#owner) OR #until < :now",
                ExpressionAttributeNames={"#owner": "Owner", "#until": "Until"},
                ExpressionAttributeValues={":now": {"N": str(now)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            holder = self.item(f"${groupScope("")}{volume['group']}", "lock") or {}
            raise Refusal(f"{holder.get('Owner', {}).get('S')} has the group: {holder.get('Reason', {}).get('S')}") from error

    def release(self, volume):
        try:
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=self.key(volume, "lock"),
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "Owner"},
                ExpressionAttributeValues={":owner": {"S": OWNER}},
            )
        except ClientError as error:
            # It ends by itself.
            print(f"{volume['group']}: the lock was not given back: {error}")

    def record(self, volume, why):
        now = datetime.datetime.now(datetime.timezone.utc)
        at = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
        self.dynamodb.put_item(
            TableName=self.table,
            Item={
                **self.key(volume, f"action/{at}/{volume['node']}"),
                "Node": {"S": volume["node"]},
                "Kind": {"S": "grow"},
                "Why": {"S": why},
                "By": {"S": OWNER},
                "At": {"N": str(int(now.timestamp() * 1000))},
                "${expires}": {"N": str(int(now.timestamp()) + KEPT_SEC)},
            },
        )


class Refusal(Exception):
    pass
`;
