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

/**
 * The values of an event or a row in their targets, without entities that have none. The entities of rows come after, those of lists first: the
 * first or last row may be one of a list, and is not repeated.
 */
const divided = (values: Values, { places, targets }: Shape, event?: Target): ReadonlyArray<SelfDescribing> => {
  const attributes = new Map(targets.map((target) => [target, new Map<string, unknown>()]))
  const listed: Array<SelfDescribing> = []
  const single: Array<SelfDescribing> = []
  for (const [key, value] of Object.entries(values)) {
    const place = places.get(key)
    if (place === undefined) throw new Unplanned(`the key ${PropertyLimits.listed([key], 100)} of this event`)
    if ("target" in place) attributes.get(place.target)!.set(place.attribute, value)
    else (Array.isArray(value) ? listed : single).push(...rowsOf(key, value, place.rows))
  }
  const known = new Set(listed.map((entity) => JSON.stringify(entity)))
  return [
    ...Array.from(attributes)
      .filter(([target, own]) => target === event || own.size > 0)
      .map(([{ uri }, own]) => ({ schema: uri, data: Object.fromEntries(own) })),
    ...listed,
    ...single.filter((entity) => !known.has(JSON.stringify(entity)))
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
        const [first, ...entities] = divided(properties, planned, planned.targets[0])
        return [first, ...entities]
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

/** The longest text of each field, in characters (iglu-central, "com.snowplowanalytics.snowplow/atomic"). Enrich refuses longer ones. */
const most = { uid: 255, duid: 128, ip: 128, ua: 1_000, lang: 255, tz: 255, url: 4_096, refr: 4_096, page: 2_000 }

const idOf = (name: "uid" | "duid", what: string, id: string | undefined): string | undefined => {
  if (id !== undefined && id.length > most[name]) {
    throw new Refusal(`the ${what} is longer than the ${most[name]} characters that Snowplow accepts`)
  }
  return id || undefined
}

const named = ({ name }: Message.Page): Values => (name === undefined ? {} : { title: name })

const text = (name: keyof typeof most, value: unknown): string | undefined =>
  typeof value === "string" && value !== "" && value.length <= most[name] ? value : undefined

/** The fields of the context and of a page, without those that are no text or too long. */
const fieldsOf = ({ context = {}, ...message }: Message.Message): Readonly<Record<string, string | undefined>> => {
  const around = context["page"]
  const page: Values = isRecord(around) ? around : {}
  const viewed: Values = message.type === "page" ? { ...named(message), ...page, ...message.properties } : page
  return {
    ip: text("ip", context["ip"]),
    ua: text("ua", context["userAgent"]),
    lang: text("lang", context["locale"]),
    tz: text("tz", context["timezone"]),
    url: text("url", viewed["url"]),
    refr: text("refr", viewed["referrer"]),
    page: text("page", viewed["title"])
  }
}

const off = Receipt.skipped("the message's integrations exclude Snowplow")

const isOn = ({ integrations }: Message.Message): boolean =>
  integrations === undefined || Boolean(integrations["Snowplow"] ?? integrations["All"] ?? true)

const recordOf = (message: Message.Message, form: Form, now: number | undefined): string => {
  const { anonymousId, messageId, timestamp, userId } = message
  const time = Date.parse(timestamp)
  if (Number.isNaN(time)) throw new Refusal("the timestamp is not a date")
  const [event, ...entities] = partsOf(message, form)
  return JSON.stringify({
    e: event === undefined ? "pv" : "ue",
    eid: Uuid.of(messageId),
    p: form.platform,
    tv: `trackmap-${version}`,
    aid: form.appId,
    uid: idOf("uid", "userId", userId),
    duid: idOf("duid", "anonymousId", anonymousId),
    ttm: String(time),
    dtm: String(time),
    stm: now === undefined ? undefined : String(now),
    ...fieldsOf(message),
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
