import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

/** Commands of the page that change or need a running fleet: `npm start` and `npm test` are themselves run by CI; of the others the options are checked. */
const heavy = new Set(["npm start", "npm test", "npm run test:unit", "pulumi preview --stack sandbox", 'eval "$(npx coinfleet env)"']);

const commands = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = ""]) => block.split("\n").filter(Boolean));

/** The page's commands exist, with the options that it uses. Does not prove what they print. */
describe("README", () => {
  it("shows commands", () => assert.ok(commands.length > 5));

  for (const command of commands) {
    it(`names a command that exists: ${command}`, () => {
      const [program = "", ...words] = command.split(" ");
      if (program === "npm") {
        const script = words[0] === "run" ? words[1] : words[0];
        const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
        assert.ok(script !== undefined && script in scripts, `package.json has no script ${script}`);
      } else if (program === "npx") {
        const [, name = "", ...rest] = words;
        const help = helpOf(name);
        assert.match(help, new RegExp(`^Usage: coinfleet ${name}\\b`));
        for (const option of rest.filter((word) => word.startsWith("--"))) assert.match(help, new RegExp(`${option}\\b`));
      } else assert.ok(heavy.has(command), `nothing checks ${command}`);
    });
  }

  it("links to files that exist", () => {
    for (const [, target = ""] of readme.matchAll(/\]\((?!https?:)([^)#]+)/g))
      assert.ok(existsSync(join(dirname(join(root, "README.md")), target)), target);
  });

  it("notices a command that does not exist", () => assert.doesNotMatch(helpOf("no-such-command"), /^Usage: coinfleet no-such-command/));
});

/** Help of a command; the general help when there is no such command. */
function helpOf(command: string): string {
  return execFileSync("coinfleet", [command, "--help"], { encoding: "utf8", cwd: root });
}
