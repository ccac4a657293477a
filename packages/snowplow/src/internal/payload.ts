import type * as Message from "@trackmap/core/Message"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import * as Uuid from "@trackmap/core/Uuid"
import type { Mapping, Shape } from "./mapping.ts"
import { fixed, type Naming, uriOf } from "./naming.ts"
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

/** The JSON of a record's own attributes. The entities of the record, and of the rows in it, are added to `entities`. */
const write = (values: Values, { places, starts }: Shape, entities: Array<string>): string => {
  const texts = starts.map(() => "")
  const lists: Array<readonly [key: string, shape: Shape]> = []
  for (const key of Object.keys(values)) {
    const place = places.get(key)
    if (place === undefined) throw new Unplanned(`the key ${PropertyLimits.listed([key], 100)} of this event`)
    if ("rows" in place) lists.push([key, place.rows])
    else {
      const { start, target } = place
      texts[target] += `${texts[target] === "" ? "" : ","}${start}${JSON.stringify(values[key])}`
    }
  }
  for (let target = 1; target < starts.length; target++) {
    if (texts[target] !== "") entities.push(`${starts[target]}${texts[target]}}}`)
  }
  const isOne = ([key]: readonly [string, Shape]): boolean => !Array.isArray(values[key])
  // The first or last row may be one of a list, and is not repeated.
  for (const [key, shape] of lists.sort((a, b) => Number(isOne(a)) - Number(isOne(b)))) {
    const made: Array<string> = []
    for (const row of [values[key]].flat()) {
      if (isRecord(row)) write(row, shape, made)
      else if (row !== null)
        throw new Refusal(`${PropertyLimits.listed([key], 100)} does not have the rows that the plan says`)
    }
    entities.push(...(isOne([key, shape]) ? made.filter((one) => !entities.includes(one)) : made))
  }
  return texts[0]!
}

/** A self-describing event or entity. */
const selfDescribing = (uri: string, data: string): string => `{"schema":${JSON.stringify(uri)},"data":${data}}`

const own = (uri: string, data: object): string => selfDescribing(uri, JSON.stringify(data))

/** Iglu Central's schemas. */
const central = (name: string): string => `iglu:com.snowplowanalytics.${name}`
const unstructured = central("snowplow/unstruct_event/jsonschema/1-0-0")
const contexts = central("snowplow/contexts/jsonschema/1-0-1")
const screenView = central("mobile/screen_view/jsonschema/1-0-0")

/** An event: its self-describing JSON, unless it is a page view, and its entities. */
interface Made {
  readonly event: string | undefined
  readonly entities: ReadonlyArray<string>
}

const trackOf = ({ event, properties }: Message.Track, { mapping, naming, unplanned }: Form): Made => {
  const shape = mapping.events.get(event)
  try {
    if (shape === undefined) throw new Unplanned("this event")
    const entities: Array<string> = []
    const text = write(properties, shape, entities)
    return { event: `${shape.starts[0]}${text}}}`, entities }
  } catch (thrown) {
    if (unplanned === "reject" || !(thrown instanceof Unplanned)) throw thrown
    return { event: own(uriOf(naming, fixed.unplanned), { event, properties }), entities: [] }
  }
}

const madeOf = (message: Message.Message, form: Form): Made => {
  const uri = (name: string): string => uriOf(form.naming, name)
  switch (message.type) {
    case "track":
      return trackOf(message, form)
    case "identify":
      return { event: own(uri(fixed.identify), { traits: message.traits }), entities: [] }
    case "group":
      return { event: own(uri(fixed.group), { groupId: message.groupId, traits: message.traits }), entities: [] }
    case "alias":
      return { event: own(uri(fixed.alias), { previousId: message.previousId }), entities: [] }
    default: {
      const { category, name, properties, type } = message
      const entities = [own(uri(fixed[type]), { name, category, properties })]
      if (type === "page") return { event: undefined, entities }
      if (!name) throw new Refusal("the screen has no name, which Snowplow's screen_view requires")
      return { event: own(screenView, { name, id: Uuid.of(message.messageId) }), entities }
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
  const { entities, event } = madeOf(message, form)
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
    ue_pr: event === undefined ? undefined : selfDescribing(unstructured, event),
    co: entities.length === 0 ? undefined : selfDescribing(contexts, `[${entities.join()}]`)
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
