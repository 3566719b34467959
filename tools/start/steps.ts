interface Taken {
  readonly title: string;
  readonly seconds: number;
}

/** Numbered steps with a headline each, and the time that each took. */
export class Steps {
  private readonly taken: Taken[] = [];
  private readonly total: number;

  constructor(total: number) {
    this.total = total;
  }

  /** Runs one step. What it rejects with is shown with the step's title. */
  async run<T>(title: string, action: () => Promise<T>): Promise<T> {
    process.stdout.write(`\n[${this.taken.length + 1}/${this.total}] ${title}\n`);
    const started = Date.now();
    try {
      return await action();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      process.stderr.write(`\nFailed in "${title}": ${why}\n`);
      process.exit(1);
    } finally {
      this.taken.push({ title, seconds: (Date.now() - started) / 1000 });
    }
  }

  /** Time per step, for the end. */
  report(): string {
    const lines = this.taken.map(({ title, seconds }) => `  ${seconds.toFixed(0).padStart(5)} s  ${title}`);
    const sum = this.taken.reduce((all, { seconds }) => all + seconds, 0);
    return ["Time per step", ...lines, `  ${sum.toFixed(0).padStart(5)} s  in all`].join("\n");
  }
}
