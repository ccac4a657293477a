import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { backoff, type Connection, type ConnectionState, connect, type StreamEvent } from "./connection.ts"

const wire = (name: string, data: unknown, id: string) => `event: ${name}\ndata: ${JSON.stringify(data)}\nid: ${id}\n\n`

/** A service that answers each request as it is told, and a page that is connected to it. */
const scene = () => {
  const requests: Array<Headers> = []
  const states: Array<ConnectionState> = []
  const events: Array<StreamEvent> = []
  const answers: Array<(signal: AbortSignal) => Response> = []
  let token: string | undefined
  const stream = () => {
    let controller!: ReadableStreamDefaultController<Uint8Array>
    const body = new ReadableStream<Uint8Array>({ start: (it) => void (controller = it) })
    answers.push((signal) => {
      signal.addEventListener("abort", () => controller.error(signal.reason))
      return new Response(body, { headers: { "Content-Type": "text/event-stream; charset=utf-8" } })
    })
    return {
      say: async (text: string) => {
        controller.enqueue(new TextEncoder().encode(text))
        await settled()
      },
      end: async () => {
        controller.close()
        await settled()
      }
    }
  }
  const start = async () => {
    connection = connect({
      fetch: async (url, { headers, signal }) => {
        expect(url).toBe("./api/stream")
        requests.push(headers as Headers)
        const answer = answers.shift()
        if (answer === undefined) throw new TypeError("refused")
        return answer(signal!)
      },
      token: () => token,
      onState: (state) => states.push(state),
      onEvent: (event) => events.push(event),
      random: () => 0.5
    })
    await settled()
    return connection
  }
  return {
    answer: (status: number) => answers.push(() => new Response(null, { status })),
    events,
    requests,
    setToken: (value: string) => (token = value),
    start,
    states,
    stream,
    tags: () => states.map(({ _tag }) => _tag)
  }
}

let connection: Connection | undefined
const settled = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  connection?.close()
  vi.useRealTimers()
})

describe("a connection", () => {
  it("is there when the service has greeted, and hands on what it tells", async () => {
    const { events, requests, start, stream, tags } = scene()
    const { say } = stream()
    await start()
    expect(tags()).toEqual(["connecting"])
    await say(wire("hello", { run: "r" }, "r:0") + wire("events", [1], "r:1") + wire("other", 1, "r:2"))
    expect(tags()).toEqual(["connecting", "connected"])
    expect(events).toEqual([
      { name: "hello", data: { run: "r" } },
      { name: "events", data: [1] }
    ])
    expect(requests[0]!.has("Last-Event-ID")).toBe(false)
    expect(requests[0]!.has("Authorization")).toBe(false)
  })

  it("goes on where it ended when it is lost", async () => {
    const { requests, start, stream, tags } = scene()
    const first = stream()
    const second = stream()
    await start()
    await first.say(wire("hello", {}, "r:0") + wire("events", [], "r:7"))
    await first.end()
    expect(tags().at(-1)).toBe("reconnecting")
    await vi.advanceTimersByTimeAsync(499)
    expect(requests.length).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(requests[1]!.get("Last-Event-ID")).toBe("r:7")
    await second.say(wire("hello", {}, "r:8"))
    expect(tags().at(-1)).toBe("connected")
  })

  it("is tried again less and less often, and at once when it is woken", async () => {
    const { requests, start } = scene()
    const { wake } = await start()
    expect(requests.length).toBe(1)
    await vi.advanceTimersByTimeAsync(500)
    expect(requests.length).toBe(2)
    await vi.advanceTimersByTimeAsync(999)
    expect(requests.length).toBe(2)
    wake()
    await settled()
    expect(requests.length).toBe(3)
  })

  it("is taken for lost when the service says nothing", async () => {
    const { start, states, stream, tags } = scene()
    const { say } = stream()
    await start()
    await say(wire("hello", {}, "r:0"))
    await vi.advanceTimersByTimeAsync(9_999)
    expect(tags().at(-1)).toBe("connected")
    await vi.advanceTimersByTimeAsync(1)
    expect(states.at(-1)).toMatchObject({ _tag: "reconnecting" })
  })

  it("waits for a token where one is asked for, and sends it", async () => {
    const { answer, requests, setToken, start, states, stream, tags } = scene()
    answer(401)
    answer(401)
    const { say } = stream()
    const { wake } = await start()
    expect(states.at(-1)).toEqual({ _tag: "locked", refused: false })
    setToken("wrong")
    wake()
    await settled()
    expect(states.at(-1)).toEqual({ _tag: "locked", refused: true })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(requests.length).toBe(2)
    setToken("secret")
    wake()
    await settled()
    await say(wire("hello", {}, "r:0"))
    expect(requests[2]!.get("Authorization")).toBe("Bearer secret")
    expect(tags().at(-1)).toBe("connected")
  })

  it("is tried again when the service is not well, and stops when it will not have us", async () => {
    const { answer, requests, start, states } = scene()
    answer(503)
    answer(404)
    const { wake } = await start()
    expect(states.at(-1)).toMatchObject({ _tag: "reconnecting" })
    await vi.advanceTimersByTimeAsync(500)
    expect(states.at(-1)).toEqual({ _tag: "stopped", reason: "The service responded 404." })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(requests.length).toBe(2)
    wake()
    await settled()
    expect(requests.length).toBe(3)
  })

  it("ends when it is closed", async () => {
    const { requests, start, stream, tags } = scene()
    const { say } = stream()
    const { close } = await start()
    await say(wire("hello", {}, "r:0"))
    close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(requests.length).toBe(1)
    expect(tags().at(-1)).toBe("connected")
  })
})

describe("the time between two tries", () => {
  it("doubles up to fifteen seconds, and differs by a quarter", () => {
    expect([0, 1, 2, 5, 50].map((attempt) => backoff(attempt, 0.5))).toEqual([500, 1_000, 2_000, 15_000, 15_000])
    expect([backoff(0, 0), backoff(0, 1)]).toEqual([375, 625])
  })
})
