import { describeCrates } from "./describe-crates.ts";

// On its private network the client makes blocks a second apart from 2011 on.
describeCrates("zcash", "zebrad", { network: "regtest", blockEverySec: 5 }, { hasRecentBlocks: false });
