"""Addresses inside a sandbox. They are the same in every sandbox, because each has a network of its own."""

from __future__ import annotations

METADATA = "169.254.169.254"
DNS = "169.254.169.253"
API = "198.18.255.1"
"""Where the names of all AWS services lead, the registry's included."""
DOCKER_BRIDGE = "198.18.0.1/24"
"""Network of containers that the sandbox's docker builds images in. Benchmark addresses: no VPC uses them."""
DOCKER_POOL = "198.18.64.0/18"
HTTPS_PORT = 443
REGISTRY_PORT = 5000
AWS_DOMAINS = ("amazonaws.com", "public.ecr.aws", "api.aws")
PUBLIC_REGISTRY = "public.ecr.aws"
