"""The two root file systems that a sandbox starts from, and the registry that serves one of them."""
