import { assert, it } from "@effect/vitest"
import manifest from "../../package.json" with { type: "json" }
import { version } from "./version.ts"

it("the version that messages carry is the package's own", () => {
  assert.strictEqual(version, manifest.version)
})
