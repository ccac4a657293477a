import { defineConfig, type OxlintOverride } from "oxlint"
import { rooms } from "./apps/rooms/src/circles/Rooms.ts"

const barrel = {
  name: "effect",
  message: "Import the module, such as effect/Effect: the barrel does not tree-shake."
}

const index = {
  name: "@trackmap/core",
  allowTypeImports: true,
  message:
    "Import the module, such as @trackmap/core/EventSink: esbuild keeps all of a module that it finds through an index."
}

export default defineConfig({
  plugins: ["typescript", "import", "unicorn", "oxc", "promise"],
  categories: { correctness: "error", suspicious: "error", perf: "error" },
  rules: {
    "no-console": "error",
    "no-shadow": "off",
    "no-underscore-dangle": "off",
    "no-new-func": "off",
    "no-constructor-return": "off",
    "typescript/no-extraneous-class": "off",
    "no-unused-vars": ["error", { ignoreRestSiblings: true, argsIgnorePattern: "^_" }],
    "unicorn/no-new-array": "off",
    "typescript/no-implied-eval": "off",
    "prefer-rest-params": "off",
    "no-await-in-loop": "off",
    "import/no-cycle": ["error", { ignoreTypes: false }],
    "import/no-unassigned-import": "off",
    "oxc/no-async-endpoint-handlers": "off",
    "typescript/no-explicit-any": "off",
    "unicorn/no-array-sort": "off",
    "no-restricted-imports": ["error", { paths: [barrel] }]
  },
  ignorePatterns: ["**/dist", "**/coverage"],
  env: { es2024: true },
  overrides: [
    { files: ["**/*.test.ts"], rules: { "unicorn/consistent-function-scoping": "off" } },
    // The map of an arbitrary changes no array.
    { files: ["packages/cli/test/**"], rules: { "oxc/no-map-spread": "off" } },
    {
      files: ["packages/{console,inspector,jetstream,mixpanel,opentelemetry,outbox,segment}/src/**"],
      excludeFiles: ["**/*.test.ts"],
      rules: { "no-restricted-imports": ["error", { paths: [barrel, index] }] }
    },
    ...rooms.slice(0, -1).map((room, index): OxlintOverride => {
      const later = rooms.slice(index + 1).join("|")
      const patterns = [
        {
          regex: `^\\.\\.?/(.*/)?(${later})/`,
          message: `A room imports only those before it, and ${room} comes first.`
        }
      ]
      return {
        files: [`packages/core/src/internal/${room}/**`],
        excludeFiles: ["**/*.test.ts"],
        rules: { "no-restricted-imports": ["error", { paths: [barrel], patterns }] }
      }
    })
  ]
})
