"""A real sandbox: namespaces, hosts, disks, from its start to its end. Needs root; takes about two minutes."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from coinfleet_sandbox.launcher.layout import layout
from coinfleet_sandbox.launcher.record import read_record, state_of

PROGRAM = Path(__file__).resolve().parents[2] / "bin/sandbox"
NAME = "pytest"
GIB = 2**30

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def sandbox(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(PROGRAM), *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert not check or done.returncode == 0, done.stderr
    return done


def until(what: str, is_true: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.2)


def traces(name: str) -> list[str]:
    """Everything in the kernel and on disk that belongs to a sandbox."""
    where = layout(name)
    listings = [["ip", "netns"], ["iptables-save"], ["losetup", "--list"], ["ps", "-eo", "args"], ["findmnt", "--list", "--noheadings"]]
    text = "\n".join(subprocess.run(argv, capture_output=True, text=True, check=True).stdout for argv in listings)
    found = [line for line in text.splitlines() if any(word in line for word in (str(where.dir), where.netns, where.comment))]
    found += [str(path) for path in Path("/sys/fs/cgroup").glob(f"*/{where.cgroup}")]
    return found + [str(path) for path in (where.dir,) if path.exists()]


def everything() -> list[dict[str, Any]]:
    return [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


class World:
    """A sandbox with one VPC of one subnet in each of two zones."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.told = json.loads(sandbox("start", "--name", name, "--json").stdout)
        self.ec2 = self.client("ec2")
        filters = [{"Name": "name", "Values": ["debian-12-amd64-sandbox"]}]
        self.image = self.ec2.describe_images(Filters=filters)["Images"][0]["ImageId"]
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = {}
        for zone, cidr in (("a", "10.0.1.0/24"), ("b", "10.0.2.0/24")):
            made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr, AvailabilityZone=f"eu-central-1{zone}")
            self.subnets[zone] = made["Subnet"]["SubnetId"]
            self.ec2.modify_subnet_attribute(SubnetId=self.subnets[zone], MapPublicIpOnLaunch={"Value": True})
        self.group = self.ec2.create_security_group(GroupName="hosts", Description="hosts", VpcId=self.vpc)["GroupId"]

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        return boto3.client(service, endpoint_url=self.told["endpoint"], region_name=self.told["region"], **keys)

    def launch(self, zone: str, **given: Any) -> str:
        arguments = {"ImageId": self.image, "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1, "SecurityGroupIds": [self.group]}
        made = self.ec2.run_instances(**{"SubnetId": self.subnets[zone], **arguments, **given})
        return str(made["Instances"][0]["InstanceId"])

    def describe(self, instance: str) -> Any:
        return self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]

    def state(self, instance: str) -> str:
        return str(self.describe(instance)["State"]["Name"])

    def try_(self, instance: str, script: str) -> subprocess.CompletedProcess[str]:
        return sandbox("exec", "--name", self.name, instance, "--", "sh", "-c", script, check=False)

    def say(self, instance: str, script: str) -> str:
        done = self.try_(instance, script)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def booted(self, instance: str) -> None:
        until("the boot", lambda: self.try_(instance, "cloud-init status --wait").returncode == 0)

    def boot_time(self, instance: str) -> str:
        return self.say(instance, "stat -c %Y /proc/1")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    sandbox("down", "--name", NAME)
    made = World(NAME)
    yield made
    sandbox("down", "--name", NAME)
    assert traces(NAME) == []


@pytest.fixture(scope="module")
def hosts(world: World) -> tuple[str, str]:
    iam = world.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="host", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    iam.create_instance_profile(InstanceProfileName="host")
    iam.add_role_to_instance_profile(InstanceProfileName="host", RoleName="host")
    first = world.launch("a", IamInstanceProfile={"Name": "host"}, UserData="#!/bin/sh\necho one > /root/user-data\n")
    second = world.launch("b", UserData="#!/bin/sh\necho two > /root/user-data\n")
    for instance in (first, second):
        world.booted(instance)
    return first, second


def test_a_host_is_a_healthy_systemd_machine_that_has_run_its_user_data(world: World, hosts: tuple[str, str]) -> None:
    until("the boot", lambda: world.try_(hosts[0], "systemctl is-system-running").stdout.strip() == "running")
    assert world.say(hosts[0], "cat /root/user-data") == "one"
    assert world.say(hosts[0], "cat /var/lib/cloud/data/instance-id") == hosts[0]


def test_ssh_reaches_a_host_at_both_addresses_only_while_it_is_allowed(world: World, hosts: tuple[str, str]) -> None:
    described = world.describe(hosts[0])
    addresses = [described["PrivateIpAddress"], described["PublicIpAddress"]]

    def is_open(address: str) -> bool:
        return subprocess.run(["timeout", "2", "bash", "-c", f"</dev/tcp/{address}/22"], capture_output=True).returncode == 0

    assert [is_open(address) for address in addresses] == [False, False]
    permission = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    world.ec2.authorize_security_group_ingress(GroupId=world.group, IpPermissions=permission)
    until("ssh", lambda: all(is_open(address) for address in addresses))
    world.ec2.revoke_security_group_ingress(GroupId=world.group, IpPermissions=permission)
    until("no ssh", lambda: not any(is_open(address) for address in addresses))


def test_egress_rules_hold_too(world: World, hosts: tuple[str, str]) -> None:
    ask = "curl -s -m 2 -o /dev/null https://ssm.eu-central-1.amazonaws.com/_sandbox/health"
    assert world.try_(hosts[0], ask).returncode == 0
    world.ec2.revoke_security_group_egress(GroupId=world.group, IpPermissions=everything())
    until("the rule", lambda: world.try_(hosts[0], ask).returncode == 28)
    # Metadata and DNS are not subject to security groups.
    assert world.try_(hosts[0], "getent hosts ssm.eu-central-1.amazonaws.com").returncode == 0
    world.ec2.authorize_security_group_egress(GroupId=world.group, IpPermissions=everything())
    until("the rule", lambda: world.try_(hosts[0], ask).returncode == 0)


def test_a_guest_that_reboots_is_the_same_instance_and_one_that_powers_off_is_stopped(world: World, hosts: tuple[str, str]) -> None:
    _, second = hosts
    before = world.boot_time(second)
    world.say(second, "echo kept > /root/kept; rm /root/user-data")
    world.try_(second, "reboot")
    until("the reboot", lambda: world.try_(second, "stat -c %Y /proc/1").stdout.strip() not in ("", before))
    world.booted(second)
    assert world.state(second) == "running"
    assert world.say(second, "cat /root/kept") == "kept"
    assert world.try_(second, "test -e /root/user-data").returncode == 1
    world.try_(second, "poweroff")
    until("the power off", lambda: world.state(second) == "stopped")
    world.ec2.start_instances(InstanceIds=[second])
    until("the start", lambda: world.state(second) == "running")
    world.booted(second)
    assert world.say(second, "cat /root/kept") == "kept"


def test_a_mounted_volume_is_not_detached_and_keeps_its_data_elsewhere(world: World, hosts: tuple[str, str]) -> None:
    first, _ = hosts
    sibling = world.launch("a")
    world.booted(sibling)
    volume = world.ec2.create_volume(AvailabilityZone="eu-central-1a", Size=1, VolumeType="gp3")["VolumeId"]
    world.ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig={"Delay": 1})
    device = f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{volume.replace('-', '')}"

    def attach(instance: str) -> None:
        world.ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
        until("the device", lambda: world.try_(instance, f"test -b {device}").returncode == 0)

    def state() -> str:
        return str(world.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"])

    attach(first)
    world.say(first, f"mkfs.ext4 -q {device} && mount {device} /mnt && echo data > /mnt/file")
    world.ec2.detach_volume(VolumeId=volume, InstanceId=first)
    time.sleep(3)
    assert state() == "in-use"
    assert world.say(first, "cat /mnt/file") == "data"
    world.say(first, "umount /mnt")
    until("the detachment", lambda: state() == "available")
    assert world.try_(first, f"test -e {device}").returncode == 1
    attach(sibling)
    assert world.say(sibling, f"mount {device} /mnt && cat /mnt/file") == "data"
    world.ec2.terminate_instances(InstanceIds=[sibling])
    until("the volume", lambda: state() == "available")


def test_an_image_of_a_host_boots_as_a_new_instance(world: World, hosts: tuple[str, str]) -> None:
    first, _ = hosts
    world.say(first, "echo baked > /etc/baked; echo gone > /run/gone")
    image = world.ec2.create_image(InstanceId=first, Name="baked")["ImageId"]
    world.ec2.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig={"Delay": 1})
    made = world.launch("b", ImageId=image, UserData="#!/bin/sh\necho new > /root/user-data\n")
    world.booted(made)
    assert world.say(made, "cat /etc/baked /root/user-data /var/lib/cloud/data/instance-id") == f"baked\nnew\n{made}"
    assert world.try_(made, "test -e /run/gone").returncode == 1
    world.ec2.terminate_instances(InstanceIds=[made])
    until("the end", lambda: world.state(made) == "terminated")


def test_run_command_runs_with_its_real_exit_code_and_time_limit(world: World, hosts: tuple[str, str]) -> None:
    ssm = world.client("ssm")

    def run(script: str, seconds: str) -> tuple[str, int, str]:
        parameters = {"commands": [script], "executionTimeout": [seconds]}
        sent = ssm.send_command(InstanceIds=[hosts[0]], DocumentName="AWS-RunShellScript", Parameters=parameters)
        key = {"CommandId": sent["Command"]["CommandId"], "InstanceId": hosts[0]}
        until("the command", lambda: ssm.get_command_invocation(**key)["Status"] not in ("Pending", "InProgress"))
        told = ssm.get_command_invocation(**key)
        return told["Status"], told["ResponseCode"], told["StandardOutputContent"].strip()

    until("the agent", lambda: bool(ssm.describe_instance_information()["InstanceInformationList"]))
    assert run("read line; echo $(id -un) on $(hostname); exit 3", "10") == ("Failed", 3, f"root on {world.say(hosts[0], 'hostname')}")
    assert run("echo fine", "10") == ("Success", 0, "fine")
    assert run("sleep 60", "1")[0] == "TimedOut"


def test_a_load_balancer_passes_connections_to_healthy_targets_only(world: World, hosts: tuple[str, str]) -> None:
    elb = world.client("elbv2")
    for instance in hosts:
        world.say(instance, "systemd-run -q --unit web --working-directory=/etc python3 -m http.server 8080")
    own = world.ec2.create_security_group(GroupName="balancer", Description="balancer", VpcId=world.vpc)["GroupId"]
    web = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "UserIdGroupPairs": [{"GroupId": own}]}
    world.ec2.authorize_security_group_ingress(GroupId=world.group, IpPermissions=[web])
    first_zone = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.1.0/24"}]}
    world.ec2.authorize_security_group_ingress(GroupId=own, IpPermissions=[first_zone])
    subnets = list(world.subnets.values())
    made = elb.create_load_balancer(Name="web", Type="network", Scheme="internal", Subnets=subnets, SecurityGroups=[own])
    balancer = made["LoadBalancers"][0]
    target = {"Protocol": "TCP", "Port": 8080, "VpcId": world.vpc, "TargetType": "instance"}
    check = {
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPath": "/hostname",
        "HealthCheckIntervalSeconds": 5,
        "HealthyThresholdCount": 2,
        "HealthCheckTimeoutSeconds": 2,
    }
    group = elb.create_target_group(Name="web", **target, **check, UnhealthyThresholdCount=2)["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instance} for instance in hosts])
    action = [{"Type": "forward", "TargetGroupArn": group}]
    elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="TCP", Port=80, DefaultActions=action)

    def healthy() -> set[str]:
        told = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return {target["Target"]["Id"] for target in told if target["TargetHealth"]["State"] == "healthy"}

    def answers() -> set[str]:
        return {world.try_(hosts[0], f"curl -s -m 3 http://{balancer['DNSName']}/hostname").stdout.strip() for _ in range(6)}

    names = [world.say(instance, "hostname") for instance in hosts]
    until("health", lambda: healthy() == set(hosts))
    until("both answer", lambda: answers() == set(names))
    # The balancer's own group lets in one zone, and the hosts' group lets in the balancer alone.
    assert world.try_(hosts[1], f"curl -s -m 2 http://{balancer['DNSName']}/hostname").returncode == 28
    assert world.try_(hosts[0], f"curl -s -m 2 http://{world.describe(hosts[1])['PrivateIpAddress']}:8080/hostname").returncode == 28
    # What it may not reach is ill.
    world.ec2.revoke_security_group_egress(GroupId=own, IpPermissions=everything())
    until("all are out of its reach", lambda: healthy() == set())
    world.ec2.authorize_security_group_egress(GroupId=own, IpPermissions=everything())
    until("health", lambda: healthy() == set(hosts))
    world.say(hosts[1], "systemctl stop web")
    until("one is ill", lambda: healthy() == {hosts[0]})
    assert answers() == {names[0]}
    elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])


ECHO = """
import socket, socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for _ in self.rfile:
            self.wfile.write((socket.gethostname() + chr(10)).encode())
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("", 8081), Echo).serve_forever()
"""


TALK = """
import socket, sys
server = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
for line in sys.stdin:
    try:
        server.sendall(line.encode())
        print(server.recv(100).decode().strip(), flush=True)
    except OSError:
        print(flush=True)
"""


class Client:
    """One connection, from within the sandbox's network, to a server that answers each line with its host's name."""

    def __init__(self, address: str, port: int) -> None:
        argv = ["ip", "netns", "exec", layout(NAME).netns, sys.executable, "-c", TALK, address, str(port)]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.host = self.ask()

    def ask(self) -> str | None:
        """None: the connection is gone."""
        assert self._process.stdin and self._process.stdout
        print("who", file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip() or None

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def test_a_load_balancer_drains_cuts_and_fails_open_as_its_attributes_say(world: World, hosts: tuple[str, str]) -> None:
    elb = world.client("elbv2")
    for instance in hosts:
        world.say(instance, f"printf %s {shlex.quote(ECHO)} > /root/echo.py && systemd-run -q --unit echo python3 /root/echo.py")
    permission = [{"IpProtocol": "tcp", "FromPort": 8081, "ToPort": 8081, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]
    world.ec2.authorize_security_group_ingress(GroupId=world.group, IpPermissions=permission)
    made = elb.create_load_balancer(Name="echo", Type="network", Scheme="internal", Subnets=list(world.subnets.values()))
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    target = {"Protocol": "TCP", "Port": 8081, "VpcId": world.vpc, "TargetType": "instance"}
    check = {"HealthCheckProtocol": "TCP", "HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2, "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2}
    group = elb.create_target_group(Name="echo", **target, **check)["TargetGroups"][0]["TargetGroupArn"]
    drain_sec = 8
    attributes = {"deregistration_delay.timeout_seconds": str(drain_sec), "deregistration_delay.connection_termination.enabled": "true"}
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[{"Key": k, "Value": v} for k, v in attributes.items()])
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instance} for instance in hosts])
    action = [{"Type": "forward", "TargetGroupArn": group}]
    listeners = [
        elb.create_listener(LoadBalancerArn=balancer, Protocol="TCP", Port=port, DefaultActions=action)["Listeners"][0]["ListenerArn"]
        for port in (81, 82)
    ]
    with pytest.raises(ClientError, match="between 60 and 6000"):
        elb.modify_listener_attributes(ListenerArn=listeners[0], Attributes=[{"Key": "tcp.idle_timeout.seconds", "Value": "59"}])
    elb.modify_listener_attributes(ListenerArn=listeners[0], Attributes=[{"Key": "tcp.idle_timeout.seconds", "Value": "60"}])
    address = world.say(hosts[0], f"getent hosts {made['LoadBalancers'][0]['DNSName']}").split()[0]

    def states() -> dict[str, str]:
        told = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return {one["Target"]["Id"]: one["TargetHealth"]["State"] for one in told}

    opened: list[Client] = []

    def connect(port: int) -> Client:
        opened.append(Client(address, port))
        return opened[-1]

    def clients(port: int) -> dict[str, Client]:
        return {str(client.host): client for client in (connect(port) for _ in range(6))}

    names = [world.say(instance, "hostname") for instance in hosts]
    assert set(states().values()) <= {"initial", "healthy"}
    until("health", lambda: states() == dict.fromkeys(hosts, "healthy"))
    long = clients(82)
    assert set(long) == set(names)

    # One leaves: it gets no new connection, keeps those that it has for the delay, and loses them then; the other notices nothing.
    elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": hosts[1]}])
    until("draining", lambda: states() == {hosts[0]: "healthy", hosts[1]: "draining"}, 5)
    assert set(clients(82)) == {names[0]}
    assert long[names[1]].ask() == names[1]
    until("the end of the delay", lambda: long[names[1]].ask() is None, drain_sec + 5)
    assert states() == {hosts[0]: "healthy"}
    assert long[names[0]].ask() == names[0]

    # All are ill: the balancer lets everything through, and a target that became ill loses its connections.
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": hosts[1]}])
    until("health", lambda: states() == dict.fromkeys(hosts, "healthy"))
    elb.modify_target_group(TargetGroupArn=group, HealthCheckPort="9")
    until("all ill", lambda: states() == dict.fromkeys(hosts, "unhealthy"))
    assert set(clients(82)) == set(names)
    elb.modify_target_group(TargetGroupArn=group, HealthCheckPort="traffic-port")
    until("health", lambda: states() == dict.fromkeys(hosts, "healthy"))

    # A silent connection is cut off after the listener's idle timeout, not after another's.
    short, longer = connect(81), connect(82)
    time.sleep(63)
    assert (short.ask(), longer.ask()) == (None, longer.host)
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    for client in opened:
        client.close()


def test_hosts_of_another_vpc_are_out_of_reach_whatever_their_rules_say(world: World, hosts: tuple[str, str]) -> None:
    vpc = world.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = world.ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24", AvailabilityZone="eu-central-1a")["Subnet"]["SubnetId"]
    group = world.ec2.create_security_group(GroupName="open", Description="open", VpcId=vpc)["GroupId"]
    world.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=everything())
    foreign = world.launch("a", SubnetId=subnet, SecurityGroupIds=[group])
    world.booted(foreign)
    address = world.describe(foreign)["PrivateIpAddress"]
    probe = f"timeout 2 bash -c '</dev/tcp/{address}/22'"
    assert subprocess.run(["sh", "-c", probe], capture_output=True).returncode == 0
    assert world.try_(hosts[0], probe).returncode == 124
    world.ec2.terminate_instances(InstanceIds=[foreign])
    until("the end", lambda: world.state(foreign) == "terminated")


def test_docker_killed_takes_no_host_with_it(world: World, hosts: tuple[str, str]) -> None:
    before = [world.boot_time(instance) for instance in hosts]
    where = layout(NAME)
    found = subprocess.run(["pgrep", "--full", f"dockerd --host=unix://{where.docker_socket}"], capture_output=True, text=True, check=True)
    os.kill(int(found.stdout.split()[0]), 9)
    until("docker", lambda: world.try_(hosts[0], "true").returncode == 0)
    assert [world.boot_time(instance) for instance in hosts] == before


def test_after_a_kill_the_next_start_recovers(world: World, hosts: tuple[str, str]) -> None:
    record = read_record(layout(NAME))
    assert record is not None and record.init is not None
    # The state is saved every few seconds; give the last change the time to get there.
    time.sleep(12)
    os.kill(record.init.pid, 9)
    until("the end", lambda: state_of(read_record(layout(NAME))) == "crashed")
    refused = sandbox("env", "--name", NAME, check=False)
    assert refused.returncode == 1
    assert "it is crashed" in refused.stderr
    sandbox("start", "--name", NAME)
    assert [world.state(instance) for instance in hosts] == ["running", "running"]
    assert world.say(hosts[0], "cat /root/user-data") == "one"


def test_a_second_sandbox_runs_beside_the_first_with_the_same_inner_addresses(world: World, hosts: tuple[str, str]) -> None:
    other = World(f"{NAME}-2")
    try:
        instance = other.launch("a")
        other.booted(instance)
        assert other.describe(instance)["PrivateIpAddress"] == world.describe(hosts[0])["PrivateIpAddress"]
        assert other.say(instance, "hostname") == world.say(hosts[0], "hostname")
        assert world.try_(hosts[0], "test -e /root/user-data").returncode == 0
        assert other.try_(instance, "test -e /root/user-data").returncode == 1
    finally:
        sandbox("down", "--name", other.name)
    assert traces(other.name) == []
    assert world.say(hosts[0], "cat /root/user-data") == "one"


def test_a_stopped_sandbox_leaves_no_process_and_comes_back_whole(world: World, hosts: tuple[str, str]) -> None:
    world.ec2.stop_instances(InstanceIds=[hosts[1]])
    until("the stop", lambda: world.state(hosts[1]) == "stopped")
    sandbox("stop", "--name", NAME)
    assert [line for line in traces(NAME) if line != str(layout(NAME).dir)] == []
    begun = time.monotonic()
    sandbox("start", "--name", NAME)
    assert time.monotonic() - begun < 20
    assert [world.state(instance) for instance in hosts] == ["running", "stopped"]
    assert world.say(hosts[0], "cat /root/user-data") == "one"


def test_without_root_it_says_so() -> None:
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "PATH=/usr/bin:/bin", "HOME=/tmp"]
    done = subprocess.run(
        [*user, "python3", "-m", "coinfleet_sandbox", "start"], capture_output=True, text=True, cwd=PROGRAM.parents[1] / "server"
    )
    assert done.returncode == 1
    assert "needs root" in done.stderr and "Nothing has been changed" in done.stderr
