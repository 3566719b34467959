"""What `bin/sandbox` does on the machine itself, with nothing but Python's standard library."""
