/** What a piece of work comes to, or `fallback` and a note among the problems when it fails: one refusal must not hide what the other APIs know. */
export async function orProblem<T>(problems: string[], fallback: T, work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    const problem = cause instanceof Error ? cause.message : String(cause);
    if (!problems.includes(problem)) problems.push(problem);
    return fallback;
  });
}
