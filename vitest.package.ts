import { defineConfig } from "vitest/config"

/** How every workspace is tested. Some tests start processes, which takes its time on a busy machine. */
export default defineConfig({
  test: {
    include: ["{src,test,page/src}/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/**/*.test.ts", "src/**/*.d.ts", "src/index.ts"],
      reporter: ["text", "json-summary"],
      thresholds: { branches: 95 }
    }
  }
})
