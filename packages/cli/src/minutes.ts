import { InvalidArgumentError } from "commander";

/** An option's text as a number of minutes. */
export function positiveMinutes(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError("Give minutes.");
  return value;
}
