import { mergeConfig } from "vitest/config"
import shared from "../../vitest.package.ts"

/** The tests of plan modules run what is in the thread, where its coverage cannot be seen. */
export default mergeConfig(shared, {
  test: { coverage: { exclude: ["src/internal/load/worker.ts", "src/PlanWorker.ts"] } }
})
