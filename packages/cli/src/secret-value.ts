import { randomBytes } from "node:crypto";

const secretBytes = 32;

/** A new value: 32 random bytes as 64 lower-case hex digits, which every client takes as a password. */
export const generateSecret = (): string => randomBytes(secretBytes).toString("hex");
