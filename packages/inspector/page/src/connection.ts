/** The stream from the service, for as long as the page is open. A new connection continues where the lost one ended. */
import type { StreamEvents } from "../../src/internal/protocol.ts"
import { parser } from "./sse.ts"

/** The state of the connection. */
export type ConnectionState =
  | { readonly _tag: "connecting" }
  | { readonly _tag: "connected" }
  | { readonly _tag: "reconnecting"; readonly at: number; readonly reason: string }
  /** Waiting for a token. `refused`: the last one was wrong. */
  | { readonly _tag: "locked"; readonly refused: boolean }
  /** The service refuses the connection: no retry until the user asks. */
  | { readonly _tag: "stopped"; readonly reason: string }

/** The content of the stream. */
export type StreamEvent = {
  readonly [Name in keyof StreamEvents]: { readonly name: Name; readonly data: StreamEvents[Name] }
}[keyof StreamEvents]

/** The needs of a connection. */
export interface Options {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly token: () => string | undefined
  readonly onState: (state: ConnectionState) => void
  readonly onEvent: (event: StreamEvent) => void
  /** The maximum silence of the stream, which sends an event every second. */
  readonly silence?: number
  readonly random?: () => number
}

/** A connection that is being held. */
export interface Connection {
  /** Tries at once if it is not connected: the network is back, a token is set, or the user asks for it. */
  readonly wake: () => void
  readonly close: () => void
}

/** The wait before the nth try: half a second, then twice as long each time, at most fifteen seconds, with jitter. */
export const backoff = (attempt: number, random: number): number =>
  Math.min(15_000, 500 * 2 ** Math.min(attempt, 10)) * (0.75 + random / 2)

const known: ReadonlySet<string> = new Set(["hello", "events", "tick", "plan", "outbox"] satisfies Array<
  keyof StreamEvents
>)

/** The text of a failure. */
const reasonOf = (error: unknown): string =>
  error instanceof DOMException && error.name === "AbortError"
    ? "The service has not responded for a while."
    : "The connection was lost."

/** Connects, and stays connected. */
export const connect = (options: Options): Connection => {
  const { fetch, onEvent, onState, random = Math.random, silence = 10_000, token } = options
  const closing = new AbortController()
  let lastId = ""
  let attempt = 0
  let rested: (() => void) | undefined
  let request = new AbortController()

  /** Waits until the time is over, or `wake` is called. */
  const rest = (milliseconds: number | undefined) =>
    new Promise<void>((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(resolve, milliseconds)
      rested = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const read = async (body: ReadableStream<Uint8Array>, heard: () => void) => {
    const reader = body.getReader()
    const decoder = new TextDecoder()
    const parse = parser()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      heard()
      for (const { data, event, id } of parse(decoder.decode(value, { stream: true }))) {
        if (!known.has(event)) continue
        onEvent({ name: event, data: JSON.parse(data) } as StreamEvent)
        if (id !== "") lastId = id
        if (event === "hello") {
          attempt = 0
          onState({ _tag: "connected" })
        }
      }
    }
  }

  /** Runs one request to its end, and returns the next state. */
  const once = async (): Promise<ConnectionState | undefined> => {
    const used = token()
    const headers = new Headers({ Accept: "text/event-stream" })
    if (lastId !== "") headers.set("Last-Event-ID", lastId)
    if (used !== undefined) headers.set("Authorization", `Bearer ${used}`)
    request = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const heard = () => {
      clearTimeout(timer)
      timer = setTimeout(() => request.abort(), silence)
    }
    heard()
    try {
      const response = await fetch("./api/stream", { headers, cache: "no-store", signal: request.signal })
      if (response.status === 401) return { _tag: "locked", refused: used !== undefined }
      const isStream = (response.headers.get("Content-Type") ?? "").startsWith("text/event-stream")
      const willNot = response.status < 500 && response.status !== 408 && response.status !== 429
      if (!response.ok || !isStream || response.body === null) {
        void response.body?.cancel()
        return willNot ? { _tag: "stopped", reason: `The service responded ${String(response.status)}.` } : undefined
      }
      await read(response.body, heard)
      return undefined
    } finally {
      clearTimeout(timer)
      request.abort()
    }
  }

  const run = async () => {
    onState({ _tag: "connecting" })
    while (!closing.signal.aborted) {
      let next: ConnectionState | undefined
      let reason = "The service has ended the connection."
      try {
        next = await once()
      } catch (error) {
        reason = reasonOf(error)
      }
      if (closing.signal.aborted) return
      if (next === undefined) {
        const wait = backoff(attempt++, random())
        onState({ _tag: "reconnecting", at: Date.now() + wait, reason })
        await rest(wait)
      } else {
        onState(next)
        await rest(undefined)
        attempt = 0
        onState({ _tag: "connecting" })
      }
    }
  }
  void run()

  return {
    wake: () => rested?.(),
    close: () => {
      closing.abort()
      request.abort()
      rested?.()
    }
  }
}
