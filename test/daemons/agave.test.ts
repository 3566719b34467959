import { describeCrates } from "./describe-crates.ts";

// `solana-test-validator` is a chain by itself. It hears no signals, where `agave-validator` has a handler.
describeCrates("solana", "agave", { network: "local" }, { exitCode: 137 });
