import { describeCrates } from "./describe-crates.ts";

// One node: on its private network the client takes no peers of another host, and makes blocks a second apart from 2011 on.
const zcash = { network: "regtest", count: 1, sources: { zebrad: "crates" }, blockEverySec: 5 };

describeCrates("zcash", zcash, ["libclang-dev", "protobuf-compiler", "cmake", "g++", "make"], { hasRecentBlocks: false });
