import { defineConfig, mergeConfig } from "vitest/config"
import shared from "../../vitest.package.ts"

const source = (name: string): string => new URL(`src/${name}.ts`, import.meta.url).pathname

/** Tests that import this package by its name, as an outside author does, run its sources, so that they count for the coverage. */
export default mergeConfig(
  shared,
  defineConfig({
    resolve: {
      alias: [
        { find: /^@trackmap\/testing$/, replacement: source("index") },
        { find: /^@trackmap\/testing\/(\w+)$/, replacement: source("$1") }
      ]
    }
  })
)
