import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import ts from "typescript-eslint";

/** What a package may not import, and why. */
const forbid = (patterns) => ({ "no-restricted-imports": ["error", { patterns }] });
const REACT = { group: ["react", "react-dom", "react/*", "react-dom/*"], message: "behavior knows no view" };
const SDK = { group: ["matrix-js-sdk", "matrix-js-sdk/*"], message: "only @veche/protocol knows the SDK" };
const INSIDE = { group: ["@veche/*/src/**"], message: "import what the package exports" };
const APPLICATIONS = { group: ["@veche/*"], message: "the design system knows nobody" };
const KIT = { group: ["@veche/kit", "@veche/kit/*"], message: "behavior knows no view" };

export default defineConfig(
    globalIgnores(["dist", "node_modules", "packages/*/src/api/*schema.ts"]),
    js.configs.recommended,
    {
        files: ["**/*.{ts,tsx}"],
        extends: [ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked, hooks.configs.flat.recommended],
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            // A function is read at a glance; the same limit as in Rust.
            "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true, IIFEs: true }],
            "no-console": "error",
            eqeqeq: "error",
            "no-restricted-syntax": [
                "error",
                {
                    selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
                    message: "HTML of others becomes elements by a parser with a list of what is allowed, not like this",
                },
                {
                    selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]",
                    message: "text goes through textContent, elements through React",
                },
            ],
            // Numbers write themselves well into texts.
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            "@typescript-eslint/switch-exhaustiveness-check": "error",
            // An attribute that is not set is left out: `busy || undefined`.
            "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { boolean: true } }],
            "@typescript-eslint/no-invalid-void-type": ["error", { allowAsThisParameter: true }],
            // The compiler of React is not used, so it need not be able to.
            "react-hooks/preserve-manual-memoization": "off",
            "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
            // A promise that nobody waits for is marked with `void`, where its failure has been taken care of.
            "@typescript-eslint/no-floating-promises": "error",
            "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreVoidReturningFunctions: true }],
            // An index signature is read with brackets, so that a typing mistake is seen.
            "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
        },
    },
    { files: ["packages/kit/src/**"], rules: forbid([APPLICATIONS]) },
    { files: ["packages/protocol/src/**"], rules: forbid([REACT, KIT]) },
    { files: ["packages/{client,admin,setup}/src/**"], rules: forbid([SDK, INSIDE]) },
    {
        files: ["**/*.test.{ts,tsx}", "**/test/**", "**/look/**"],
        rules: {
            "max-lines-per-function": "off",
            "@typescript-eslint/no-non-null-assertion": "off",
        },
    },
    {
        files: ["**/*.{js,mjs}"],
        extends: [ts.configs.disableTypeChecked],
        languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly" } },
        rules: { "no-console": "off" },
    },
);
