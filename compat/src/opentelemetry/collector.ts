import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { json } from "node:stream/consumers"

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}
interface Attributed {
  readonly attributes?: ReadonlyArray<Attribute>
}

/** The parts of a sent span (OTLP, "JSON Protobuf Encoding") that tests check. */
interface SentSpan extends Attributed {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly status?: { readonly code?: number; readonly message?: string }
  readonly events?: ReadonlyArray<Attributed & { readonly name: string }>
  readonly links?: ReadonlyArray<{ readonly traceId: string; readonly spanId: string }>
}
interface Point extends Attributed {
  readonly asInt?: string | number
  readonly asDouble?: number
  readonly count?: string | number
}
interface Points {
  readonly dataPoints: ReadonlyArray<Point>
}
interface SentMetric {
  readonly name: string
  readonly unit?: string
  readonly sum?: Points
  readonly gauge?: Points
  readonly histogram?: Points
}

/** A number may be sent as a string. */
const valueOf = ({ value }: Attribute): unknown => {
  const [kind, sent] = Object.entries(value)[0]!
  return kind === "intValue" ? Number(sent) : sent
}
const attributesOf = ({ attributes = [] }: Attributed): Record<string, unknown> =>
  Object.fromEntries(attributes.map((attribute) => [attribute.key, valueOf(attribute)]))

/** Effect's own export also sends a metric's unit as an attribute. */
const withoutUnit = ({ unit: _, ...attributes }: Record<string, unknown>) => attributes

const statuses = ["unset", "ok", "error"]

/** A local collector that accepts OTLP as JSON over HTTP, and keeps it. */
export const startCollector = async () => {
  const sent: Record<string, Array<any>> = { "/v1/traces": [], "/v1/metrics": [], "/v1/logs": [] }
  const server = createServer(async (request, response) => {
    const kept = sent[request.url ?? ""]
    if (request.method !== "POST" || kept === undefined) return void response.writeHead(404).end()
    kept.push(await json(request))
    response.writeHead(200, { "content-type": "application/json" }).end("{}")
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () =>
      sent["/v1/traces"]!.flatMap(({ resourceSpans }) => resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ spans }): ReadonlyArray<SentSpan> => spans)
        .map(({ events = [], links = [], name, parentSpanId, spanId, status = {}, traceId, ...span }) => ({
          name,
          traceId,
          spanId,
          parentSpanId,
          status: statuses[status.code ?? 0],
          message: status.message,
          attributes: attributesOf(span),
          events: events.map((event) => ({ name: event.name, attributes: attributesOf(event) })),
          links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId }))
        })),
    /** The last data by name: each value with its unit and attributes, or the count of a histogram. */
    metrics: () =>
      Object.fromEntries(
        sent["/v1/metrics"]!.flatMap(({ resourceMetrics }) => resourceMetrics)
          .flatMap(({ scopeMetrics }) => scopeMetrics)
          .flatMap(({ metrics }): ReadonlyArray<SentMetric> => metrics)
          .map(({ gauge, histogram, name, sum, unit }) => [
            name,
            (sum ?? gauge ?? histogram)!.dataPoints.map((point) => ({
              unit,
              attributes: withoutUnit(attributesOf(point)),
              value: Number(point.asInt ?? point.asDouble ?? point.count)
            }))
          ])
      ),
    /** Everything received, unchanged. */
    text: () => JSON.stringify(sent),
    close: () => new Promise((resolve) => server.close(resolve))
  }
}
