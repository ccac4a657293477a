import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { attempt } from "./attempt.ts"

/** The part of an OpenTelemetry span that tracking uses. */
export interface ActiveSpan {
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number }
  addEvent(name: string, attributes: Record<string, string>): unknown
  /** Whether the span has not ended. Work after a response still runs in the response's span. */
  isRecording?(): boolean
}

/** Another tracer's span, as an Effect span. */
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
        // An ended span would log a warning.
        if (this.#span.isRecording?.() !== false) this.#span.addEvent(name, attributes as Record<string, string>)
      },
      // Tracking continues without the span's event.
      () => {}
    )
  }
  attribute(): void {}
  addLinks(): void {}
  end(): void {}
}

/** One per span, because the limit of events counts per span. */
const known = new WeakMap<ActiveSpan, Tracer.Span>()

/** Makes another tracer's span the parent span. */
export const within = (context: Context.Context<never>, span: ActiveSpan): Context.Context<never> => {
  let outer = known.get(span)
  if (outer === undefined) known.set(span, (outer = new Outer(span)))
  return Context.add(context, Tracer.ParentSpan, outer)
}
