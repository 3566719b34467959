import { describeCrates } from "./describe-crates.ts";

const compilers = ["libclang-dev", "libudev-dev", "libssl-dev", "pkg-config", "protobuf-compiler", "cmake", "g++", "make"];
// One node: `solana-test-validator` is a chain by itself. It hears no signals, where `agave-validator` has a handler.
const solana = { network: "local", count: 1, sources: { agave: "crates" } };

describeCrates("solana", solana, compilers, { exitCode: 137 });
