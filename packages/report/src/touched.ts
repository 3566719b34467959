/** A stack file, as far as it says who is touched by a change. */
export interface StackFacts {
  readonly stack: string;
  /** Ids of the coins that it runs. */
  readonly coins: readonly string[];
}

/** Files that no stack is made of. */
const beside = [
  /^docs\//,
  /\.md$/,
  /\.test\.ts$/,
  /\.test-d\.ts$/,
  /^test\//,
  /^packages\/(testkit|report|sandbox|bootstrap)\//,
  /^tools\//,
  /^\.(gitlab-ci|github|ci)/,
  /\/testing\//,
];

/**
 * The stacks that a change of files can touch. A coin's folder touches the stacks that run it, a stack file its own stack, and everything else that the program
 * is made of touches all of them. What is not known to be beside the program counts as part of it. The biggest first: the others end while it runs.
 */
export function touchedStacks(changed: readonly string[], stacks: readonly StackFacts[]): readonly string[] {
  const touched = new Set<string>();
  for (const path of changed) {
    if (beside.some((pattern) => pattern.test(path))) continue;
    const [, coin] = /^coins\/([^/]+)\//.exec(path) ?? [];
    const [, stack] = /^stacks\/Pulumi\.(.+)\.yaml$/.exec(path) ?? [];
    for (const one of stacks)
      if (stack === undefined ? coin === undefined || one.coins.includes(coin) : stack === one.stack) touched.add(one.stack);
  }
  const size = (stack: string): number => stacks.find((one) => one.stack === stack)?.coins.length ?? 0;
  return [...touched].sort((one, other) => size(other) - size(one) || one.localeCompare(other));
}
