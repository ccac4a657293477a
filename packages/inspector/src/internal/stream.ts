import * as Effect from "effect/Effect"
import * as Sse from "effect/encoding/Sse"
import * as Stream from "effect/Stream"
import type { InspectorImpl } from "./inspector.ts"
import type { Hello, StreamEvents } from "./protocol.ts"

/** The maximum number of summaries per frame. */
const most = 250

/** The last revision that a reader has seen. A reader of another run starts anew. */
export const revisionOf = (lastEventId: string | undefined, { run, store }: InspectorImpl): number => {
  const [of, revision = ""] = lastEventId?.split(":") ?? []
  if (of !== run || !/^\d{1,15}$/.test(revision)) return 0
  return Math.min(Number(revision), store.revision)
}

/** A reader. It keeps only its position, so a slow reader costs no memory. */
class Reader {
  readonly #inspector: InspectorImpl
  #revision: number
  #ticks: number
  #plan = 0
  #outbox = 0
  readonly #readOnly: boolean
  #greeted = false
  #isBehind = true

  constructor(inspector: InspectorImpl, revision: number, readOnly: boolean) {
    this.#inspector = inspector
    this.#readOnly = readOnly
    this.#revision = revision
    this.#ticks = inspector.ticks.count
  }

  /** Whether more is left than fits into one frame. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** The news, as text for the stream. */
  next(): string {
    const { drift, hello, knowledge, store, ticks, watch } = this.#inspector
    let out = ""
    if (!this.#greeted) {
      this.#greeted = true
      this.#ticks = ticks.count
      const outbox = watch && { readOnly: this.#readOnly }
      out += this.#event("hello", JSON.stringify({ ...hello, outbox } satisfies Hello))
    }
    const changed = store.since(this.#revision)
    const told = changed.slice(0, most)
    // Do not wait for changed events that are no longer kept.
    this.#isBehind = changed.length > most
    this.#revision = this.#isBehind ? told.at(-1)!.revision : store.revision
    if (told.length > 0) out += this.#event("events", `[${told.map((entry) => knowledge.jsonOf(entry)).join(",")}]`)
    for (const tick of ticks.after(this.#ticks)) out += this.#event("tick", JSON.stringify(tick))
    this.#ticks = ticks.count
    if (drift.revision > this.#plan) {
      this.#plan = drift.revision
      out += this.#event("plan", JSON.stringify(drift.state))
    }
    if (watch !== undefined && watch.revision > this.#outbox) {
      this.#outbox = watch.revision
      out += this.#event("outbox", JSON.stringify(watch.state))
    }
    return out
  }

  #event(event: keyof StreamEvents, data: string): string {
    return Sse.encoder.write({ _tag: "Event", id: `${this.#inspector.run}:${this.#revision}`, event, data })
  }
}

/** Streams the changes since a revision to one reader, until the reader leaves or the inspector ends. */
export const of = (
  inspector: InspectorImpl,
  revision: number,
  readOnly: boolean,
  isOver: () => boolean
): Stream.Stream<Uint8Array> => {
  const reader = new Reader(inspector, revision, readOnly)
  const next = Effect.suspend(() =>
    Effect.map(reader.isBehind ? Effect.void : inspector.frame, () =>
      inspector.closed || isOver() ? undefined : reader.next()
    )
  )
  return Stream.fromEffectRepeat(next).pipe(
    Stream.takeWhile((text) => text !== undefined),
    Stream.filter((text) => text !== ""),
    Stream.encodeText
  )
}
