// mocha loads tests through ts-node (swc); see docs/adr/0001-native-esm.md.
import { register } from "node:module";

register("ts-node/esm", import.meta.url);
