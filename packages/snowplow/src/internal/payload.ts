import * as Encoder from "@trackmap/core/Encoder"
import type * as Message from "@trackmap/core/Message"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import type * as Receipt from "@trackmap/core/Receipt"
import * as Uuid from "@trackmap/core/Uuid"
import * as Predicate from "effect/Predicate"
import type { Mapping, Shape, Target } from "./mapping.ts"
import { type fixed, uriOf } from "./naming.ts"
import type { Resolved } from "./options.ts"
import { version } from "./version.ts"

type Values = PropertyLimits.Values

const isRecord = (u: unknown): u is Values => Predicate.isObject(u)

/** A value that the plan does not have. */
class Unplanned {
  readonly what: string
  constructor(what: string) {
    this.what = what
  }
}

/** A self-describing event or entity. */
interface SelfDescribing {
  readonly schema: string
  readonly data: unknown
}

/** A record for each target of the values of an event or a row. Those of rows come last. */
const divided = (values: Values, { event, places }: Shape): ReadonlyArray<SelfDescribing> => {
  const own = new Map<Target, Map<string, unknown>>(event && [[event, new Map()]])
  const listed: Array<SelfDescribing> = []
  const single: Array<SelfDescribing> = []
  for (const [key, value] of Object.entries(values)) {
    const place = places.get(key)
    if (place === undefined) throw new Unplanned(`the key ${PropertyLimits.listed([key], 100)} of this event`)
    if ("rows" in place) (Array.isArray(value) ? listed : single).push(...rowsOf(key, value, place.rows))
    else own.set(place.target, (own.get(place.target) ?? new Map()).set(place.attribute, value))
  }
  // The first or last row may be one of a list, and is not repeated.
  const known = new Set(listed.map((row) => JSON.stringify(row)))
  return [
    ...Array.from(own, ([{ uri }, attributes]) => ({ schema: uri, data: Object.fromEntries(attributes) })),
    ...listed,
    ...single.filter((row) => !known.has(JSON.stringify(row)))
  ]
}

const rowsOf = (key: string, value: unknown, shape: Shape): ReadonlyArray<SelfDescribing> =>
  [value].flat().flatMap((row) => {
    if (row === null) return []
    if (isRecord(row)) return divided(row, shape)
    return Encoder.refuse(`${PropertyLimits.listed([key], 100)} does not have the rows that the plan says`)
  })

/** Iglu Central's schemas. */
const central = {
  event: "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
  entities: "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1",
  screenView: "iglu:com.snowplowanalytics.mobile/screen_view/jsonschema/1-0-0"
}

/** An event, unless it is a page view, and its entities. */
type Parts = readonly [event: SelfDescribing | undefined, ...entities: ReadonlyArray<SelfDescribing>]

const partsOf = (message: Message.Message, options: Resolved, mapping: Mapping): Parts => {
  const own = (schema: keyof typeof fixed, data: object): SelfDescribing => ({ schema: uriOf(schema, options), data })
  switch (message.type) {
    case "track": {
      const { event, properties } = message
      const planned = mapping.events.get(event)
      try {
        if (planned === undefined) throw new Unplanned("this event")
        const [first, ...entities] = divided(properties, planned)
        return [first, ...entities]
      } catch (thrown) {
        if (!(thrown instanceof Unplanned)) throw thrown
        if (options.unplanned === "generic") return [own("unplanned_event", { event, properties })]
        return Encoder.refuse(
          `the plan does not have ${thrown.what}: add it to the plan, take EventSink.rename and recase off this sink, or set unplanned: "generic"`
        )
      }
    }
    case "identify":
      return [own("identify", { traits: message.traits })]
    case "group":
      return [own("group", { groupId: message.groupId, traits: message.traits })]
    case "alias":
      return [own("alias", { previousId: message.previousId })]
    default: {
      const { category, messageId, name, properties, type } = message
      const view = own(type, { name, category, properties })
      if (type === "page") return [undefined, view]
      if (!name) return Encoder.refuse("the screen has no name, which Snowplow's screen_view requires")
      return [{ schema: central.screenView, data: { name, id: Uuid.of(messageId) } }, view]
    }
  }
}

const idOf = (message: Message.Message, name: "userId" | "anonymousId", most: number): string | undefined => {
  const { [name]: id = "" } = message
  if (id.length > most) return Encoder.refuse(`the ${name} is longer than the ${most} characters that Snowplow accepts`)
  return id || undefined
}

/** The fields of the context and of a page, with their longest text in characters. */
const ofContext = { ip: ["ip", 128], userAgent: ["ua", 1_000], locale: ["lang", 255], timezone: ["tz", 255] } as const
const ofPage = { url: ["url", 4_096], referrer: ["refr", 4_096], title: ["page", 2_000] } as const

/** The fields of a table that have a text, and one that fits. */
const fieldsOf = (values: Values, fields: Readonly<Record<string, readonly [field: string, most: number]>>) =>
  Object.entries(fields).flatMap(([key, [field, most]]) => {
    const value = values[key]
    return typeof value === "string" && value !== "" && value.length <= most ? [[field, value] as const] : []
  })

const pageOf = ({ context = {}, ...message }: Message.Message): Values => {
  const page = isRecord(context["page"]) ? context["page"] : {}
  if (message.type !== "page") return page
  return { ...(message.name !== undefined && { title: message.name }), ...page, ...message.properties }
}

/** A record as JSON, or the outcome of a message that Snowplow would not accept. `now` is in milliseconds since 1970. */
export type Encode = (message: Message.Message, now: number) => string | Receipt.Outcome

/** Makes the encoder of messages to records, with the longest texts that Enrich accepts (iglu-central, "com.snowplowanalytics.snowplow/atomic"). */
export const encoder = (options: Resolved, mapping: Mapping): Encode =>
  Encoder.make({
    integration: "Snowplow",
    encode: (message, _, now) => {
      const { context = {}, messageId, timestamp } = message
      const time = Date.parse(timestamp)
      if (Number.isNaN(time)) Encoder.refuse("the timestamp is not a date")
      const [event, ...entities] = partsOf(message, options, mapping)
      const record = JSON.stringify({
        e: event === undefined ? "pv" : "ue",
        eid: Uuid.of(messageId),
        p: options.platform,
        tv: `trackmap-${version}`,
        aid: options.appId,
        uid: idOf(message, "userId", 255),
        duid: idOf(message, "anonymousId", 128),
        ttm: String(time),
        dtm: String(time),
        stm: String(now),
        ...Object.fromEntries([...fieldsOf(context, ofContext), ...fieldsOf(pageOf(message), ofPage)]),
        ue_pr: event && JSON.stringify({ schema: central.event, data: event }),
        co: entities.length > 0 ? JSON.stringify({ schema: central.entities, data: entities }) : undefined
      })
      return Encoder.within(record, options.eventBytes, "the collector")
    }
  })
