/** A service with an inspector, as tests reach it. */
import { EventSink, Receipt, Tracker } from "@trackmap/core"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { type Server, createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Inspector from "../src/Inspector.ts"
import type { InspectorImpl } from "../src/internal/inspector.ts"
import type { EventDetail, EventSummary, StreamEvents } from "../src/internal/protocol.ts"
import { plan } from "./wholesale.ts"

export const memory = EventSink.make({
  name: "memory",
  send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered))
})

/** What is behind the service's face. */
export const impl = Effect.map(Inspector.Inspector, (inspector) => inspector as unknown as InspectorImpl)

export interface Setup {
  readonly sink?: EventSink.EventSink
  readonly tracker?: Tracker.Options
  readonly options?: Inspector.Options
  readonly serve?: Inspector.ServeOptions
}

const quiet = Logger.layer([])

/** A tracker with an inspector, and no server. */
export const inspected = <A, E>(
  effect: Effect.Effect<A, E, Tracker.Tracker | Inspector.Inspector>,
  { options, sink = memory, tracker }: Setup = {}
): Effect.Effect<A, E> =>
  effect.pipe(
    Effect.provide(
      Inspector.layer({ plan, ...options }).pipe(Layer.provideMerge(Tracker.layer(sink, { plan, ...tracker })))
    ),
    Effect.provide(quiet)
  )

/** The same behind a server of Node. */
export const served = <A, E>(
  effect: (base: string, server: Server) => Effect.Effect<A, E, Tracker.Tracker | Inspector.Inspector>,
  { options, serve, sink = memory, tracker }: Setup = {}
): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    const server = createServer()
    const layer = HttpRouter.serve(Inspector.routes(serve), { disableListenLog: true, disableLogger: true }).pipe(
      Layer.provideMerge(Inspector.layer({ plan, ...options })),
      Layer.provideMerge(Tracker.layer(sink, { plan, ...tracker })),
      Layer.provide(NodeHttpServer.layer(() => server, { port: 0, host: "127.0.0.1" }))
    )
    return Effect.suspend(() =>
      effect(`http://127.0.0.1:${(server.address() as AddressInfo).port}/inspector/`, server)
    ).pipe(Effect.provide(layer), Effect.provide(quiet), Effect.orDie) as Effect.Effect<A, E>
  })

/** What one message of the stream says. */
export type Said = {
  readonly [Name in keyof StreamEvents]: {
    readonly event: Name
    readonly id: string | undefined
    readonly data: StreamEvents[Name]
  }
}[keyof StreamEvents]

const parsed = (block: string): ReadonlyArray<Said> => {
  const fields = new Map(
    block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)])
  )
  const data = fields.get("data")
  return data === undefined
    ? []
    : [{ event: fields.get("event"), id: fields.get("id"), data: JSON.parse(data) } as Said]
}

/** A reader of the stream, until it closes it. */
export class Tab {
  readonly said: Array<Said> = []
  readonly #controller = new AbortController()
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  ended = false

  private constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader()
  }

  static async open(base: string, headers: Record<string, string> = {}): Promise<Tab> {
    const response = await fetch(`${base}api/stream`, { headers })
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
    const tab = new Tab(response.body as ReadableStream<Uint8Array>)
    void tab.#read()
    return tab
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder()
    let rest = ""
    try {
      for (;;) {
        const { done, value } = await this.#reader.read()
        if (done) break
        rest += decoder.decode(value, { stream: true })
        const blocks = rest.split("\n\n")
        rest = blocks.pop()!
        for (const block of blocks) this.said.push(...parsed(block))
      }
    } catch {
      // It was closed.
    }
    this.ended = true
  }

  /** The newest summary of every event that it was told of. */
  get events(): ReadonlyMap<string, EventSummary> {
    const events = new Map<string, EventSummary>()
    for (const { data, event } of this.said) {
      if (event !== "events") continue
      for (const summary of data) events.set(summary.messageId, summary)
    }
    return events
  }

  get lastId(): string {
    return this.said.findLast(({ id }) => id !== undefined)!.id!
  }

  async close(): Promise<void> {
    await this.#reader.cancel()
    this.#controller.abort()
  }
}

export const open = (base: string, headers?: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.promise(() => Tab.open(base, headers)),
    (tab) => Effect.promise(() => tab.close())
  )

/** Waits, however long it takes, until something holds. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(Effect.sleep(5), until(holds))))

export const detailOf = (base: string, id: string): Effect.Effect<EventDetail> =>
  Effect.promise(
    async () => (await fetch(`${base}api/events/${encodeURIComponent(id)}`)).json() as Promise<EventDetail>
  )
