import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { run } from "./internal/fuzz.ts"
import { values } from "./internal/generate.ts"
import { Random } from "./internal/random.ts"

/** `npm run fuzz` takes any number, and PostgreSQL, too. */
const messages = 1_700

describe("generated messages", () => {
  it("go through every sink without a defect or a broken request body, and come back from warehouses as they were", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const summary = await Effect.runPromise(run({ messages, seed }))
    expect(summary.messages).toBe(messages)
    for (const sink of [
      "segment",
      "rudderstack",
      "jitsu",
      "customerio",
      "mixpanel",
      "posthog",
      "amplitude",
      "snowplow",
      "duckdb",
      "parquet",
      "clickhouse",
      "json",
      "compact",
      "pretty"
    ]) {
      expect(summary.receipts.get(`${sink} delivered`), sink).toBeGreaterThan(messages / 2)
      expect(summary.receipts.get(`${sink} rejected`), sink).toBeGreaterThan(0)
    }
  })

  it("are the same for the same seed", () => {
    const of = (seed: number): string => {
      const random = new Random(seed)
      return Array.from({ length: 50 }, () => Object.keys(values(random, 8)).join("\n")).join("\n")
    }
    expect(of(1)).toBe(of(1))
    expect(of(1)).not.toBe(of(2))
  })
})
