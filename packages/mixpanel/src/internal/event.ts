import * as ContextNames from "@trackmap/core/ContextNames"
import type * as Message from "@trackmap/core/Message"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Receipt from "@trackmap/core/Receipt"
import * as identity from "./identity.ts"
import * as limits from "./limits.ts"
import { views } from "./names.ts"
import type { Resolved } from "./options.ts"

/** A message that becomes an event. */
export type EventMessage = Message.Track | Message.Page | Message.Screen

export const isEvent = (message: Message.Message): message is EventMessage =>
  message.type === "track" || message.type === "page" || message.type === "screen"

/** How messages become events. */
export type Form = Pick<Resolved, "groupKey" | "whenTooLarge">

/** How messages become records. */
export interface Settings extends Form, Pick<Resolved, "counters"> {
  readonly token: string
}

const nameOf = (message: EventMessage): string => (message.type === "track" ? message.event : views[message.type])

/** Reads Segment's context ("Spec: Common Fields") as Mixpanel's default properties ("Default Properties"), and the tracker's `traceId`. */
const readContext = ContextNames.reader({
  locale: "$locale",
  timezone: "$timezone",
  userAgent: "$user_agent",
  traceId: "trace_id",
  app: { name: "$app_name", version: "$app_version_string", build: "$app_build_number" },
  os: { name: "$os", version: "$os_version" },
  device: { manufacturer: "$manufacturer", model: "$model", name: "$device", type: "$device_type" },
  page: { url: "$current_url", referrer: "$referrer" },
  screen: { width: "$screen_width", height: "$screen_height" },
  network: { carrier: "$carrier", wifi: "$wifi" },
  campaign: ContextNames.utm
})

const none: ReadonlyArray<string> = []

/** The properties that the sink appends to an event's own, as JSON with a comma before each, and the keys of those it shortened. */
class Extra {
  json = ""
  count = limits.always
  cut = none
  readonly own: PropertyLimits.Values

  constructor(own: PropertyLimits.Values) {
    this.own = own
  }

  /** Adds a property, unless the event has its own. */
  add(key: string, value: unknown): void {
    const text = typeof value === "string"
    if (Object.hasOwn(this.own, key) || (text ? value === "" : typeof value !== "number" && typeof value !== "boolean"))
      return
    const short = text ? limits.shorten(value) : value
    if (short !== value) this.cut = [...this.cut, key]
    this.write(key, short)
  }

  write(key: string, value: unknown): void {
    this.json += `,${JSON.stringify(key)}:${JSON.stringify(value)}`
    this.count++
  }

  addContext(context: PropertyLimits.Values, groupKey: string): void {
    readContext(context, this)
    const { groupId } = context
    if (typeof groupId !== "string" || groupId === "" || limits.isBanned(groupId) || limits.isLong(groupId)) return
    if (!Object.hasOwn(this.own, groupKey)) this.write(groupKey, [groupId])
  }
}

/**
 * An event as JSON, or the outcome of a message that Mixpanel would refuse. The sink appends its own properties as text, so that it
 * copies the event's properties only if it has to cut them.
 */
export const encode = (
  message: EventMessage,
  form: Form,
  insertIds: ReadonlyMap<string, string>,
  now: number
): string | Receipt.Outcome => {
  const name = nameOf(message)
  if (name === "") return Receipt.rejected("the event has no name")
  if (limits.isLong(name)) return Receipt.rejected(`the event's name has more than ${limits.stringBytes} bytes`)
  const time = Date.parse(message.timestamp)
  if (!(time >= limits.earliest)) return Receipt.rejected("the timestamp is not a date, or is before 1971")
  if (time > now + limits.ahead) return Receipt.rejected("the timestamp is more than an hour in the future")
  const who = identity.of(message)
  if (typeof who === "string") return Receipt.rejected(who)

  const { context, messageId, properties } = message
  const extra = new Extra(properties)
  if (who.userId !== "") extra.write("$user_id", who.distinctId)
  if (who.deviceId !== "") extra.write("$device_id", who.deviceId)
  if (message.type !== "track") {
    extra.add("name", message.name)
    extra.add("category", message.category)
  }
  if (context !== undefined) extra.addContext(context, form.groupKey)
  const values = fitted(properties, extra, form)
  if (typeof values === "string") return Receipt.rejected(values)
  const own = JSON.stringify(values)
  if (!own.startsWith("{")) return Receipt.rejected("the properties are not an object")
  const comma = own === "{}" ? "" : ","
  // An id that is not in `insertIds` needs no JSON escapes. Without an ip, Mixpanel would use the server's ("GeoIP Enrichment").
  const always = `"time":${time},"distinct_id":${JSON.stringify(who.distinctId)},"$insert_id":"${insertIds.get(messageId) ?? messageId}","ip":${JSON.stringify(identity.ipOf(message) ?? 0)}`
  const json = `{"event":${JSON.stringify(name)},"properties":${own.slice(0, -1)}${comma}${always}${extra.json}}}`
  return PropertyLimits.exceeds(json, limits.messageBytes - 1)
    ? Receipt.rejected(`the event is longer than the ${limits.messageBytes - 1} bytes that Mixpanel accepts`)
    : json
}

/** The properties to send, or the reason why Mixpanel would refuse them. */
const fitted = (
  properties: PropertyLimits.Values,
  { count, cut }: Extra,
  { whenTooLarge }: Form
): PropertyLimits.Values | string => {
  const whole = PropertyLimits.fits(properties, limits.event, count)
  if (whole && cut.length === 0) return properties
  if (whole || whenTooLarge === "cut") return PropertyLimits.cut(properties, limits.event, count + 1, cut)
  return PropertyLimits.reasonAgainst(properties, limits.event, count)
}
