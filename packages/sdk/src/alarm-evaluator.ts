import type { Alarm } from "./alarms.ts";

/** What CloudWatch says of an alarm. */
export type AlarmState = "OK" | "ALARM";

/** Evaluates one alarm as CloudWatch does, period after period: M bad ones of the last N, and a period without a sample counts as the alarm says. */
export class AlarmEvaluator {
  readonly #alarm: Alarm;
  readonly #threshold: number;
  readonly #recent: boolean[] = [];
  state: AlarmState = "OK";

  /** `threshold`: the alarm's for a node's health figures. */
  constructor(alarm: Alarm, threshold: number) {
    this.#alarm = alarm;
    this.#threshold = threshold;
  }

  /** The sample of the next period, or that there was none. */
  add(value: number | undefined): AlarmState {
    const { comparison, treatMissingData, evaluationPeriods, datapointsToAlarm } = this.#alarm;
    const isBad =
      value === undefined
        ? treatMissingData === "breaching"
        : comparison === "LessThanThreshold"
          ? value < this.#threshold
          : value > this.#threshold;
    this.#recent.push(isBad);
    if (this.#recent.length > evaluationPeriods) this.#recent.shift();
    this.state = this.#recent.filter(Boolean).length >= datapointsToAlarm ? "ALARM" : "OK";
    return this.state;
  }
}
