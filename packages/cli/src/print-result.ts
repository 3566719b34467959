/** Prints the result of a command that the program runs. Nothing else goes to standard output: it ends up in the state, byte for byte. */
export function printResult(result: string): void {
  process.stdout.write(process.stdout.isTTY ? `${result}\n` : result);
}
