import { execFileSync } from "node:child_process";
import { describeCrates } from "./describe-crates.ts";

// One node: its private network is of one validator.
const polkadot = { network: "dev", count: 1, sources: { polkadot: "crates" } };

// The chains' own programs, which the client carries, are compiled for WebAssembly.
before(() => void execFileSync("rustup", ["target", "add", "wasm32v1-none"], { stdio: "inherit" }));

describeCrates("polkadot", polkadot, ["libclang-dev", "protobuf-compiler", "cmake", "g++", "make"]);
