import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer, get } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import { bundle } from "../test/bundle.ts"

const folder = mkdtempSync(join(tmpdir(), "trackmap-"))
afterAll(() => rmSync(folder, { recursive: true }))

const service = await bundle("ends.ts")

/** Nobody listens there. */
const unreachable = "http://127.0.0.1:1/"

let vendor = ""
const server = createServer((request, response) => {
  request.resume()
  switch (request.url) {
    case "/well":
      return void response.end("ok")
    case "/busy":
      return void response.writeHead(503, { "retry-after": "3600" }).end()
    default:
    // It never answers.
  }
})
beforeAll(async () => {
  await once(server.listen(0), "listening")
  vendor = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

type Entry = Readonly<Record<"tracked" | "delivered" | "letter" | "receipt" | "ended", string | undefined>> & {
  readonly left?: number
}

let files = 0
const newFile = (): string => join(folder, String(files++))

/** What a process has written, once it has ended. */
const told = async (child: ChildProcess, file: string) => {
  const [code, signal] = (await once(child, "close")) as [number | null, string | null]
  const entries = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Entry)
  const ids = (key: "tracked" | "delivered" | "letter" | "receipt" | "ended"): ReadonlyArray<string> =>
    entries.flatMap((entry) => entry[key] ?? []).toSorted()
  return { code, signal, ids, left: entries.find(({ left }) => left !== undefined)?.left }
}

/** Runs a scenario until its process ends by itself. A process that does not end fails the test by the test's own limit. */
const run = async (scenario: string, url: string) => {
  const file = newFile()
  return told(fork(service, [scenario, file, url], { stdio: ["ignore", "ignore", "inherit", "ipc"] }), file)
}

describe.concurrent("a process with nothing else to do", { timeout: 30_000 }, () => {
  it("delivers at once what would wait an hour for a fuller batch", async () => {
    const { code, ids } = await run("job", `${vendor}/well`)
    assert.strictEqual(code, 0)
    assert.lengthOf(ids("delivered"), 1)
    assert.deepStrictEqual(ids("delivered"), ids("tracked"))
  })

  it.each([
    ["is unreachable", () => unreachable],
    ["never answers", () => `${vendor}/hangs`],
    ["is busy for an hour", () => `${vendor}/busy`]
  ])("ends in time where its vendor %s, and every message is accounted for", async (_, url) => {
    const { code, ids } = await run("script", url())
    assert.strictEqual(code, 0)
    assert.lengthOf(ids("tracked"), 1)
    assert.deepStrictEqual(ids("receipt"), ids("tracked"))
    assert.deepStrictEqual(ids("letter"), ids("tracked"))
  })

  it("waits for a flush as long as it is told, and goes on with what is left", async () => {
    const { code, ids, left } = await run("flush", `${vendor}/hangs`)
    assert.deepStrictEqual([code, left], [0, 1])
    assert.deepStrictEqual(ids("letter"), ids("tracked"))
  })

  it("may be a worker thread, whose vendor is well or unreachable", async () => {
    const well = await run("worker", `${vendor}/well`)
    assert.deepStrictEqual([well.ids("ended"), well.ids("delivered")], [["0"], well.ids("tracked")])
    const lost = await run("worker", unreachable)
    assert.lengthOf(lost.ids("tracked"), 1)
    assert.deepStrictEqual([lost.ids("ended"), lost.ids("letter")], [["0"], lost.ids("tracked")])
  })
})

const unshare = ["--user", "--map-root-user", "--pid", "--fork"]
const canUnshare = spawnSync("unshare", [...unshare, "true"]).status === 0

describe("the first process of a container", { timeout: 30_000 }, () => {
  it.skipIf(!canUnshare)("delivers at SIGTERM, and then exits with the signal's code", async () => {
    const file = newFile()
    const command = [...unshare, process.execPath, service, "first", file, `${vendor}/well`]
    const { code, ids } = await told(spawn("unshare", command, { stdio: "ignore" }), file)
    assert.strictEqual(code, 143)
    assert.lengthOf(ids("delivered"), 1)
    assert.deepStrictEqual(ids("delivered"), ids("tracked"))
  })
})

describe("a server whose vendor is unreachable", { timeout: 60_000 }, () => {
  const status = (port: number): Promise<unknown> =>
    new Promise((resolve) => {
      get({ port, agent: false }, (response) => {
        response.resume()
        response.on("end", () => resolve(response.statusCode))
      }).on("error", resolve)
    })

  it.each([
    ["is unreachable", () => unreachable],
    ["never answers", () => `${vendor}/hangs`]
  ])("answers 500 requests a second with a full buffer, and ends at SIGTERM, if it %s", async (_, url) => {
    const file = newFile()
    const child = fork(service, ["server", file, url()], { stdio: ["ignore", "ignore", "inherit", "ipc"] })
    const [port] = (await once(child, "message")) as [number]
    const answers: Array<Promise<unknown>> = []
    let requests = 0
    child.on("message", () => void requests++)
    for (let tenth = 0; tenth < 20; tenth++) {
      for (let n = 0; n < 50; n++) answers.push(status(port))
      await sleep(100)
    }
    // What the server has not accepted yet, it could not answer after the signal. Many of these wait for room.
    await vi.waitUntil(() => requests === answers.length, { timeout: 30_000 })
    child.kill("SIGTERM")
    const { code, ids } = await told(child, file)
    const statuses = await Promise.all(answers)
    assert.deepStrictEqual(new Set(statuses), new Set([200]))
    assert.strictEqual(code, 0)
    assert.lengthOf(ids("tracked"), statuses.length)
    assert.deepStrictEqual(ids("receipt"), ids("tracked"))
    assert.deepStrictEqual(ids("letter"), ids("tracked"))
  })
})
