"""Coinfleet sandbox: AWS on one machine, with real hosts behind the API."""
