import { type Fault, MixpanelServer, SegmentServer, type VendorServer } from "@trackmap/testing"
import { Fault as fault } from "@trackmap/testing"
import type { Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { join } from "node:path"
import { assert, describe, it } from "vitest"

interface Vendor {
  readonly server: VendorServer.VendorServer<Fault.Common>
  readonly arrived: Effect.Effect<ReadonlyArray<string>>
}
const vendors = {
  segment: Effect.map(SegmentServer.make(), (server): Vendor => ({
    server,
    arrived: Effect.map(server.received, (kept) => kept.map(({ messageId }) => messageId))
  })),
  mixpanel: Effect.map(MixpanelServer.make(), (server): Vendor => ({
    server,
    arrived: Effect.map(server.events, (kept) => kept.map(({ properties }) => properties["$insert_id"]))
  }))
}

/** Starts the service, ends it in the middle of its first send, and returns its output and exit status. */
const ended = Effect.fnUntraced(function* (
  sink: string,
  { server }: Vendor,
  options: { readonly signal: NodeJS.Signals; readonly closeWithin: number }
) {
  const script = join(import.meta.dirname, "service.ts")
  const child = spawn(process.execPath, [script, sink, server.url, String(options.closeWithin)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let written = ""
  child.stdout.on("data", (chunk: Buffer) => void (written += chunk.toString()))
  const exit = new Promise<number | null>((resolve) => void child.once("close", resolve))
  yield* server.awaitRequests(1)
  const began = performance.now()
  child.kill(options.signal)
  const code = yield* Effect.promise(() => exit)
  const lines = written
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { readonly tracked?: string; readonly receipt?: Receipt.Receipt })
  return {
    code,
    millis: performance.now() - began,
    tracked: lines.flatMap(({ tracked }) => tracked ?? []),
    receipts: lines.flatMap(({ receipt }) => receipt ?? [])
  }
})

const run = <A>(effect: Effect.Effect<A, never, any>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect) as Effect.Effect<A>)

for (const [name, make] of Object.entries(vendors)) {
  describe(`a service with ${name}, told to end in the middle of a send`, () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      it(`delivers everything, where the server answers in time: ${signal}`, () =>
        run(
          Effect.gen(function* () {
            const vendor = yield* make
            yield* vendor.server.misbehave([[fault.delay("500 millis"), 1]])
            const { code, receipts, tracked } = yield* ended(name, vendor, { signal, closeWithin: 10 })
            assert.lengthOf(tracked, 20)
            assert.deepStrictEqual(
              receipts.map(({ messageId, outcome }) => [messageId, outcome._tag]),
              tracked.map((id) => [id, "Delivered"])
            )
            assert.deepStrictEqual((yield* vendor.arrived).toSorted(), tracked.toSorted())
            assert.strictEqual(code, 130)
          })
        ))
    }

    it("tells of everything, and ends in time, where the server does not answer", () =>
      run(
        Effect.gen(function* () {
          const vendor = yield* make
          yield* vendor.server.misbehave(() => fault.hang)
          const { code, millis, receipts, tracked } = yield* ended(name, vendor, { signal: "SIGTERM", closeWithin: 1 })
          assert.deepStrictEqual(receipts.map(({ messageId }) => messageId).toSorted(), tracked.toSorted())
          const told = receipts.map(({ outcome }) => outcome._tag)
          assert.deepStrictEqual(
            [told.filter((tag) => tag === "Expired").length, told.filter((tag) => tag === "Dropped").length],
            [5, 15]
          )
          assert.deepStrictEqual(yield* vendor.arrived, [])
          assert.isAtMost(millis, 5_000)
          assert.strictEqual(code, 130)
        })
      ))
  })
}
