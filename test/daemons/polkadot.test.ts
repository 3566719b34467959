import { describeCrates } from "./describe-crates.ts";

describeCrates("polkadot", "polkadot", { network: "dev" });
