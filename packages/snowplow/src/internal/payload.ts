import type * as Message from "@trackmap/core/Message"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import * as Uuid from "@trackmap/core/Uuid"
import type { Mapping, Shape, Target } from "./mapping.ts"
import { type fixed, type Naming, uriOf } from "./naming.ts"
import { version } from "./version.ts"

/** All that decides how a message becomes a record. */
export interface Form {
  readonly naming: Naming
  readonly mapping: Mapping
  readonly appId: string | undefined
  readonly platform: string
  readonly unplanned: "reject" | "generic"
  readonly eventBytes: number
}

type Values = PropertyLimits.Values

const isRecord = (u: unknown): u is Values => typeof u === "object" && u !== null && !Array.isArray(u)

/** Why a message has no record. */
class Refusal {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/** A value that the plan does not have. */
class Unplanned extends Refusal {
  constructor(what: string) {
    super(
      `the plan does not have ${what}: add it to the plan, take EventSink.rename and recase off this sink, or set unplanned: "generic"`
    )
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
    throw new Refusal(`${PropertyLimits.listed([key], 100)} does not have the rows that the plan says`)
  })

/** Iglu Central's schemas. */
const central = {
  event: "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
  entities: "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1",
  screenView: "iglu:com.snowplowanalytics.mobile/screen_view/jsonschema/1-0-0"
}

/** An event, unless it is a page view, and its entities. */
type Parts = readonly [event: SelfDescribing | undefined, ...entities: ReadonlyArray<SelfDescribing>]

const partsOf = (message: Message.Message, { mapping, naming, unplanned }: Form): Parts => {
  const own = (schema: keyof typeof fixed, data: object): SelfDescribing => ({ schema: uriOf(schema, naming), data })
  switch (message.type) {
    case "track": {
      const { event, properties } = message
      const planned = mapping.events.get(event)
      try {
        if (planned === undefined) throw new Unplanned("this event")
        const [own, ...entities] = divided(properties, planned)
        return [own, ...entities]
      } catch (thrown) {
        if (unplanned === "reject" || !(thrown instanceof Unplanned)) throw thrown
        return [own("unplanned_event", { event, properties })]
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
      if (!name) throw new Refusal("the screen has no name, which Snowplow's screen_view requires")
      return [{ schema: central.screenView, data: { name, id: Uuid.of(messageId) } }, view]
    }
  }
}

const idOf = (message: Message.Message, name: "userId" | "anonymousId", most: number): string | undefined => {
  const { [name]: id = "" } = message
  if (id.length > most) throw new Refusal(`the ${name} is longer than the ${most} characters that Snowplow accepts`)
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

const off = Receipt.skipped("the message's integrations exclude Snowplow")

const isOn = ({ integrations }: Message.Message): boolean =>
  integrations === undefined || Boolean(integrations["Snowplow"] ?? integrations["All"] ?? true)

/** A record, with the longest texts that Enrich accepts (iglu-central, "com.snowplowanalytics.snowplow/atomic"). */
const recordOf = (message: Message.Message, form: Form, now: number | undefined): string => {
  const { context = {}, messageId, timestamp } = message
  const time = Date.parse(timestamp)
  if (Number.isNaN(time)) throw new Refusal("the timestamp is not a date")
  const [event, ...entities] = partsOf(message, form)
  return JSON.stringify({
    e: event === undefined ? "pv" : "ue",
    eid: Uuid.of(messageId),
    p: form.platform,
    tv: `trackmap-${version}`,
    aid: form.appId,
    uid: idOf(message, "userId", 255),
    duid: idOf(message, "anonymousId", 128),
    ttm: String(time),
    dtm: String(time),
    stm: now === undefined ? undefined : String(now),
    ...Object.fromEntries([...fieldsOf(context, ofContext), ...fieldsOf(pageOf(message), ofPage)]),
    ue_pr: event && JSON.stringify({ schema: central.event, data: event }),
    co: entities.length > 0 ? JSON.stringify({ schema: central.entities, data: entities }) : undefined
  })
}

/** A message's record as JSON, or the outcome of a message that Snowplow would not accept. Without a time, the record has no `stm`. */
export const encode = (message: Message.Message, form: Form, now?: number): string | Receipt.Outcome => {
  if (!isOn(message)) return off
  try {
    const record = recordOf(message, form, now)
    return PropertyLimits.exceeds(record, form.eventBytes)
      ? Receipt.rejected(
          `the event is longer than ${form.eventBytes} bytes, and the collector would make it a failed event`
        )
      : record
  } catch (thrown) {
    // Another error may contain a value, so the reason does not quote it.
    return Receipt.rejected(thrown instanceof Refusal ? thrown.reason : "JSON cannot represent the message")
  }
}
