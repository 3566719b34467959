import js from "@eslint/js";
import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

const boundaries = ["**/*.test.ts", "**/*.smoke.ts", "packages/sandbox/smoke/**", "test/**", "**/*.test-d.ts"];

export default tseslint.config(
  { ignores: ["node_modules", ".coinfleet", "**/*.js", "**/*.cjs", "**/*.mjs"] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { pulumi },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/consistent-type-assertions": ["error", { assertionStyle: "never" }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Data objects carry functions, and none of them uses `this`.
      "@typescript-eslint/unbound-method": "off",
      "no-console": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "Named exports only; a coin is the one default export." },
      ],
      "max-lines": ["error", { max: 400, skipBlankLines: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  // The two Pulumi rules read types; only what builds resources needs them.
  {
    files: ["packages/aws/**/*.ts", "index.ts"],
    rules: { "pulumi/no-output-in-template-literal": "error", "pulumi/no-output-instance-in-template-literal": "error" },
  },
  { files: ["coins/*/index.ts"], rules: { "no-restricted-syntax": "off" } },
  {
    files: boundaries,
    rules: {
      "max-lines-per-function": "off",
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/consistent-type-assertions": "off",
    },
  },
);
