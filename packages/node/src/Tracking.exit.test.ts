import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { bundle } from "../test/bundle.ts"

const folder = mkdtempSync(join(tmpdir(), "trackmap-"))
afterAll(() => rmSync(folder, { recursive: true }))

type Entry = Readonly<Record<"tracked" | "delivered" | "letter" | "receipt" | "outcome" | "ended", string | undefined>>

const service = await bundle("service.ts")

/** Runs a service until it ends, and returns its output. */
const run = async (scenario: string, whenReady: (child: ChildProcess) => void = () => {}) => {
  const file = join(folder, scenario)
  const child = fork(service, [scenario, file], { stdio: ["ignore", "ignore", "pipe", "ipc"] })
  let stderr = ""
  child.stderr!.on("data", (chunk) => (stderr += chunk))
  child.once("message", () => whenReady(child))
  const [code, signal] = (await once(child, "close")) as [number | null, string | null]
  const entries = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Entry)
  const ids = (key: keyof Entry): ReadonlyArray<string> => entries.flatMap((entry) => entry[key] ?? []).toSorted()
  return { code, signal, stderr, ids }
}

describe("a process that ends", () => {
  it("by itself, delivers first what nobody has waited for", async () => {
    const { code, ids } = await run("beforeExit")
    assert.strictEqual(code, 0)
    assert.lengthOf(ids("delivered"), 5)
    assert.deepStrictEqual(ids("delivered"), ids("tracked"))
  })

  it("by SIGTERM, delivers first, and then ends by the signal as ever", async () => {
    const { ids, signal } = await run("signal", (child) => child.kill("SIGTERM"))
    assert.strictEqual(signal, "SIGTERM")
    assert.lengthOf(ids("delivered"), 5)
    assert.deepStrictEqual(ids("delivered"), ids("tracked"))
  })

  it.each([
    ["since the tracking was made", "ownListener"],
    ["since before", "ownListenerBefore"]
  ])(
    "by a signal that its service listens to (%s), ends when the service says so, and delivers what is tracked until then",
    async (_, scenario) => {
      const { code, ids } = await run(scenario, (child) => child.kill("SIGTERM"))
      assert.strictEqual(code, 0)
      assert.lengthOf(ids("delivered"), 10)
      assert.deepStrictEqual(ids("delivered"), ids("tracked"))
      assert.lengthOf(ids("ended"), 1)
    }
  )

  it("by a second signal, waits no longer, and gives every message its receipt", async () => {
    const { ids, signal } = await run("twice")
    assert.strictEqual(signal, "SIGTERM")
    assert.lengthOf(ids("tracked"), 5)
    assert.deepStrictEqual(ids("letter"), ids("tracked"))
    assert.deepStrictEqual(ids("receipt"), ids("tracked"))
  })

  it.each(["uncaught", "exit", "closing"])(
    "at once (%s), gives every message its receipt, and the dead letters what is left",
    async (how) => {
      const { code, ids, stderr } = await run(how)
      assert.strictEqual(code, how === "uncaught" ? 1 : 3)
      if (how === "uncaught") assert.include(stderr, "nobody catches this")
      assert.lengthOf(ids("tracked"), 5)
      // One waits for a row of its relation, and goes without.
      const all = how === "uncaught" ? [...ids("tracked"), "unresolved"] : ids("tracked")
      assert.deepStrictEqual(ids("letter"), all)
      assert.deepStrictEqual(ids("receipt"), all)
      assert.lengthOf(ids("delivered"), 0)
    }
  )

  it.each(["exitFull", "uncaughtFull"])(
    "at once with thousands of messages in its buffer (%s), writes every one",
    async (how) => {
      const { ids } = await run(how)
      assert.lengthOf(ids("tracked"), 6_000)
      assert.deepStrictEqual(ids("letter"), ids("tracked"))
      assert.deepStrictEqual(ids("receipt"), ids("tracked"))
    }
  )

  it("after it was frozen for an hour, gives what it had a receipt, and delivers what it tracks then", async () => {
    const { ids, signal } = await run("frozen", (child) => {
      child.kill("SIGSTOP")
      child.kill("SIGCONT")
    })
    assert.strictEqual(signal, "SIGTERM")
    assert.lengthOf(ids("tracked"), 10)
    assert.deepStrictEqual(ids("receipt"), ids("tracked"))
    assert.deepStrictEqual([...ids("delivered"), ...ids("letter")].toSorted(), ids("tracked"))
    assert.isAtLeast(ids("delivered").length, 5)
  })
})
