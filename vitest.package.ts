import { defineConfig } from "vitest/config"

/** How every package is tested. */
export default defineConfig({
  test: {
    include: ["{src,test,page/src}/**/*.test.ts"],
    testTimeout: 60_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/**/*.test.ts", "src/**/*.d.ts", "src/index.ts"],
      reporter: ["text", "json-summary"],
      thresholds: { branches: 95 }
    }
  }
})
