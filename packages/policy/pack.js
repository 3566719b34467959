// The engine's host for policy packs loads JavaScript only; Node strips the types of what this imports.
import "./src/pack.ts";
