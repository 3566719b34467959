"""The processes of a running sandbox: an init, the server, and the programs that the server looks after."""
