// What ESLint checks in the scripts of the page, beyond what the type checker (tsconfig.json) finds.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/vendor/", "build/", "node_modules/", ".venv*/", "**/*.d.ts", "*.config.js"] },
  {
    files: ["bot/web/static/js/**/*.js"],
    ...js.configs.recommended,
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    rules: {
      ...js.configs.recommended.rules,
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-implicit-coercion": "error",
      "no-unused-vars": ["error", { ignoreRestSiblings: true, argsIgnorePattern: "^_" }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-unused-private-class-members": "error",
      "no-useless-rename": "error",
      "object-shorthand": "error",
      "prefer-template": "error",
      "default-case-last": "error",
      "no-self-compare": "error",
      "no-unmodified-loop-condition": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Data is inserted as text, never parsed as HTML (ui/dom.js)." },
        { property: "outerHTML", message: "Data is inserted as text, never parsed as HTML (ui/dom.js)." },
        { property: "insertAdjacentHTML", message: "Data is inserted as text, never parsed as HTML (ui/dom.js)." },
      ],
    },
  },
];
