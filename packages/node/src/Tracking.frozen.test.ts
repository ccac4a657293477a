import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { bundle } from "../test/bundle.ts"

/** How the vendor answers: it is well, it is down, or it never answers. */
let vendor: "well" | "down" | "silent"
const delivered: Array<string> = []
const server = createServer(async (request, response) => {
  const messages = JSON.parse(Buffer.concat(await request.toArray()).toString()) as ReadonlyArray<{ messageId: string }>
  if (vendor === "down") return void response.writeHead(503).end()
  if (vendor === "silent") return
  delivered.push(...messages.map(({ messageId }) => messageId))
  response.end("ok")
})

const program = await bundle("frozen.ts")
let child: ChildProcess
beforeEach(async () => {
  vendor = "well"
  delivered.length = 0
  await once(server.listen(0), "listening")
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  child = fork(program, [url])
})
afterEach(() => {
  child.kill("SIGKILL")
  server.closeAllConnections()
  server.close()
})

const invoke = async () => {
  child.send("invoke")
  const [answer] = (await once(child, "message")) as [{ readonly messageId: string; readonly left: number }]
  return answer
}

/** Freezes the function for a moment in which all of its connections end. */
const freeze = async () => {
  child.kill("SIGSTOP")
  server.closeAllConnections()
  await sleep(1_500)
  child.kill("SIGCONT")
}

describe("a function that its platform freezes between invocations", () => {
  it("delivers before it answers, over a new connection after it was frozen", async () => {
    const first = await invoke()
    await freeze()
    const second = await invoke()
    assert.deepStrictEqual([first.left, second.left], [0, 0])
    assert.deepStrictEqual(delivered, [first.messageId, second.messageId])
  })

  it.each(["down", "silent"] as const)(
    "answers in time while the vendor is %s, and delivers what is left later",
    async (state) => {
      vendor = state
      const first = await invoke()
      assert.strictEqual(first.left, 1)
      await freeze()
      vendor = "well"
      const later = [await invoke(), await invoke()]
      const all = [first, ...later].map(({ messageId }) => messageId)
      // Between invocations it is frozen, so what a flush left waits for the next one.
      await vi.waitFor(() => assert.includeMembers(delivered, all), { timeout: 60_000 })
    }
  )
})
