import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it, vi } from "vitest"
import { bundle, serve } from "./workerd.ts"

interface Vendor {
  readonly env: Readonly<Record<string, string>>
  /** The user and the event of every message, batch by batch. */
  readonly batches: Array<ReadonlyArray<string>>
  /** Its responses to the next requests. */
  readonly answers: Array<{ readonly status?: number; readonly after?: number }>
}

/** Serves a worker, with a vendor that takes a moment for each batch. */
const withWorker = async (entry: string, use: (url: string, vendor: Vendor) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "trackmap-requests-"))
  const batches: Vendor["batches"] = []
  const answers: Vendor["answers"] = []
  const server = createServer(async (request, response) => {
    const { after = 100, status = 200 } = answers.shift() ?? {}
    const { batch } = JSON.parse(Buffer.concat(await request.toArray()).toString())
    if (status === 200) batches.push(batch.map((message: any) => `${message.userId} ${message.event}`))
    setTimeout(() => response.writeHead(status).end('{"success":true}'), after)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const env = { SEGMENT_WRITE_KEY: "key", SEGMENT_ENDPOINT: `http://127.0.0.1:${port}` }
  try {
    await bundle(entry, folder)
    const worker = await serve(folder, env)
    await use(worker.url, { env, batches, answers }).finally(worker.close)
  } finally {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true })
  }
}

const ask = async (url: string, user: string) => {
  const answer = await fetch(`${url}/?user=${user}`)
  return { status: answer.status, text: await answer.text() }
}
const users = ["toad", "peach", "daisy"]
const both = (user: string) => [`${user} orderSeen`, `${user} orderPlaced`]

describe("a worker's requests", () => {
  it.each(["forAll.ts", "forEach.ts"])("lose no event with the tracking of %s", (entry) =>
    withWorker(entry, async (url, { batches }) => {
      for (const user of users) {
        assert.strictEqual((await ask(url, user)).status, 200)
        await vi.waitFor(() => assert.deepStrictEqual(batches.at(-1), both(user)), { timeout: 20_000 })
      }
      assert.lengthOf(batches, 3)
    })
  )

  it.each(["forAll.ts", "forEach.ts"])("lose no event at the same time, with a vendor that fails, with %s", (entry) =>
    withWorker(entry, async (url, { answers, batches }) => {
      answers.push({ status: 503 }, { after: 2_500 }, { status: 503 })
      await Promise.all(users.map((user) => ask(url, user)))
      const all = users.flatMap(both).sort()
      await vi.waitFor(() => assert.deepStrictEqual(batches.flat().sort(), all), { timeout: 30_000 })
    })
  )

  it("are counted together by a tracking for all of them", () =>
    withWorker("forAll.ts", async (url, { batches }) => {
      for (const user of users) await ask(url, user)
      await vi.waitFor(() => assert.lengthOf(batches.flat(), 6), { timeout: 20_000 })
      await vi.waitFor(
        async () => {
          const [{ delivered }] = JSON.parse((await ask(url, "toad")).text)
          assert.isAtLeast(delivered, 6)
        },
        { timeout: 20_000 }
      )
    }))

  const remedy =
    /needs waitUntil.*import \{ waitUntil \} from "cloudflare:workers".*ctx\.waitUntil\(tracking\.close\(\)\)/

  it("are refused from the second on by a tracking of the first", () =>
    withWorker("ofFirstRequest.ts", async (url) => {
      assert.strictEqual((await ask(url, "toad")).status, 200)
      const { status, text } = await ask(url, "peach")
      assert.strictEqual(status, 500)
      assert.match(text, remedy)
    }))

  it("have no worker if it makes a tracking for all of them without waitUntil", async () => {
    const started = await withWorker("withoutWaitUntil.ts", async () => {}).then(String, String)
    assert.match(started, remedy)
  })
})
