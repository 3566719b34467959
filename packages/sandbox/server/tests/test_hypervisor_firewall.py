"""Security groups as nftables rules: pure rendering."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coinfleet_sandbox.hypervisor.firewall import FirewallState, render, rule_matches
from coinfleet_sandbox.hypervisor.host_record import HostRecord, interface_name
from coinfleet_sandbox.interface import InstanceSpec, LoadBalancer, Rule

SPEC = InstanceSpec(
    id="i-0123456789abcdef0",
    image_ref="image",
    instance_type="t3.large",
    vcpus=2,
    memory_mib=8192,
    region="eu-central-1",
    zone="eu-central-1a",
    subnet_id="subnet-1",
    subnet_cidr="10.0.1.0/24",
    vpc_cidr="10.0.0.0/16",
    private_ip="10.0.1.5",
    mac="02:00:00:00:00:01",
    hostname="ip-10-0-1-5.eu-central-1.compute.internal",
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("ingress", "tcp", 22, 22, ("10.0.0.0/8",)), ["ip saddr { 10.0.0.0/8 } tcp dport 22-22 "]),
        (Rule("egress", "udp", 1, 9, ("10.0.0.0/8",)), ["ip daddr { 10.0.0.0/8 } udp dport 1-9 "]),
        (Rule("ingress", "tcp", 0, 65535, ("0.0.0.0/0",)), ["ip protocol tcp "]),
        (Rule("egress", "all", None, None, ("0.0.0.0/0",)), [""]),
        (Rule("ingress", "icmp", None, None, ("0.0.0.0/0", "::/0")), ["ip protocol icmp "]),
        (Rule("ingress", "50", None, None, ("10.0.0.1/32",)), ["ip saddr { 10.0.0.1/32 } ip protocol 50 "]),
    ],
)
def test_a_rule_matches_what_it_says(rule: Rule, expected: list[str]) -> None:
    assert rule_matches(rule) == expected


@pytest.mark.parametrize("cidrs", [(), ("::/0",)])
def test_a_rule_without_ipv4_addresses_matches_nobody(cidrs: tuple[str, ...]) -> None:
    assert rule_matches(Rule("ingress", "tcp", 22, 22, cidrs)) == []


def test_a_host_without_rules_drops_everything() -> None:
    name = interface_name(SPEC.id)
    text = render(FirewallState((HostRecord(SPEC),)))
    for direction in ("ingress", "egress"):
        chain = text.split(f"chain {direction}-{name} {{")[1].split("}")[0]
        assert chain.strip().endswith("drop")
        assert "return" not in chain


def test_a_load_balancer_obeys_its_groups_and_without_any_lets_everything_through() -> None:
    rule = Rule("ingress", "tcp", 80, 80, ("10.0.1.0/24",))
    guarded = render(FirewallState((), (LoadBalancer("arn", "web", "web.elb", ("10.0.1.9",), (), (rule,)),)))
    assert "ip daddr vmap { 10.0.1.9 : jump ingress-10.0.1.9 }" in guarded
    assert "ip saddr { 10.0.1.0/24 } tcp dport 80-80 return\n    drop" in guarded
    assert "ip saddr vmap { 10.0.1.9 : jump egress-10.0.1.9 }" in guarded
    assert "vmap { 10.0.1.9" not in render(FirewallState((), (LoadBalancer("arn", "web", "web.elb", ("10.0.1.9",), ()),)))


def test_a_public_address_is_translated_to_the_private_one() -> None:
    host = replace(HostRecord(SPEC), public_ip="198.19.0.20")
    assert "dnat to ip daddr map { 198.19.0.20 : 10.0.1.5 }" in render(FirewallState((host,)))


def test_interface_names_fit_the_kernel_and_differ() -> None:
    names = {interface_name(f"i-{number:017x}") for number in range(100)}
    assert len(names) == 100
    assert all(len(name) <= 15 for name in names)
