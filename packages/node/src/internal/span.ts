import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { attempt } from "./attempt.ts"

/** A span of OpenTelemetry's API, as far as tracking has to do with it. */
export interface ActiveSpan {
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number }
  addEvent(name: string, attributes: Record<string, string>): unknown
  /** Whether it has not ended. What goes on behind a response is in the response's span still. */
  isRecording?(): boolean
}

/** A span of another tracer's, as far as tracking has to do with it. */
class Outer implements Tracer.Span {
  readonly _tag = "Span"
  readonly name = "active"
  readonly spanId: string
  readonly traceId: string
  readonly sampled: boolean
  readonly parent = Option.none()
  readonly annotations = Context.empty()
  readonly status: Tracer.SpanStatus = { _tag: "Started", startTime: 0n }
  readonly attributes: ReadonlyMap<string, unknown> = new Map()
  readonly links: ReadonlyArray<Tracer.SpanLink> = []
  readonly kind = "internal"
  readonly #span: ActiveSpan

  constructor(span: ActiveSpan) {
    const { spanId, traceFlags, traceId } = span.spanContext()
    this.spanId = spanId
    this.traceId = traceId
    // The lowest flag (W3C, "Trace Context", section 3.2.2.5.1).
    this.sampled = (traceFlags & 1) === 1
    this.#span = span
  }

  event(name: string, _startTime: bigint, attributes: Record<string, unknown> = {}): void {
    attempt(
      () => {
        // One that has ended would complain.
        if (this.#span.isRecording?.() !== false) this.#span.addEvent(name, attributes as Record<string, string>)
      },
      // The message does not depend on it.
      () => {}
    )
  }
  attribute(): void {}
  addLinks(): void {}
  end(): void {}
}

/** Each once, as events of a span are counted by span. */
const known = new WeakMap<ActiveSpan, Tracer.Span>()

/** Adds a span of another tracer's as the one that goes on. */
export const within = (context: Context.Context<never>, span: ActiveSpan): Context.Context<never> => {
  let outer = known.get(span)
  if (outer === undefined) known.set(span, (outer = new Outer(span)))
  return Context.add(context, Tracer.ParentSpan, outer)
}
