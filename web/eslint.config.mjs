import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["**/dist/", "**/node_modules/", "**/*.mjs", "vitest.config.ts", "openapi/", "rtcstats/", "**/api.d.ts", "**/schema.d.ts"] },
  ...ts.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // An index that a line above has made sure of is said with `!`; undefined elsewhere is told by noUncheckedIndexedAccess.
      "@typescript-eslint/no-non-null-assertion": "off",
      // `return warn(…)` ends a case in one line, and what it returns is nothing.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // Numbers in sentences are what they look like.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  { files: ["**/*.tsx", "**/react.ts", "room/src/hooks.ts", "console/src/**/*.ts"], plugins: { "react-hooks": hooks }, rules: hooks.configs.recommended.rules },
);
