import { metrics } from "@coinfleet/sdk";
import { Gauge, Registry } from "prom-client";
import type { Samples } from "./samples.ts";

/** The same figures for Prometheus: `coinfleet_<metric in snake case>`. A metric that is not known now is not there. */
export class PrometheusMetrics {
  readonly #registry = new Registry();
  readonly #gauges: ReadonlyMap<string, Gauge>;

  constructor(labels: Readonly<Record<string, string>>) {
    this.#registry.setDefaultLabels({ ...labels });
    this.#gauges = new Map(
      Object.entries(metrics).map(([name, { help }]) => [
        name,
        new Gauge({ name: prometheusName(name), help, registers: [this.#registry], labelNames: [] }),
      ]),
    );
  }

  set(samples: Samples): void {
    const known = new Map<string, number>(Object.entries(samples));
    for (const [name, gauge] of this.#gauges) {
      const value = known.get(name);
      if (value === undefined) gauge.remove();
      else gauge.set(value);
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

/** `BlocksBehind` → `coinfleet_blocks_behind`. */
function prometheusName(name: string): string {
  return `coinfleet${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}
