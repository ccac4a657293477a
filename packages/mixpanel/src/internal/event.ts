import { type Message, Receipt } from "@trackmap/core"
import type { Json } from "effect/Schema"
import * as fitting from "./fitting.ts"
import * as identity from "./identity.ts"
import * as limits from "./limits.ts"

/** A message that becomes an event. */
export type Tracked = Message.Track | Message.Page | Message.Screen

export interface Shape {
  readonly groupKey: string
  readonly whenTooLarge: "cut" | "reject"
}

/** One name for all pages, and one for all screens: Mixpanel asks for few names ("Import Events", "event"). */
const nameOf = (message: Tracked): string =>
  message.type === "track" ? message.event : message.type === "page" ? "Page Viewed" : "Screen Viewed"

type Names = Readonly<Record<string, string>>

/** Segment's context ("Spec: Common Fields") as Mixpanel's default properties ("Default Properties"), and the tracker's own. */
const defaults: ReadonlyMap<string, string | Names> = new Map<string, string | Names>([
  ["locale", "$locale"],
  ["timezone", "$timezone"],
  ["userAgent", "$user_agent"],
  ["traceId", "trace_id"],
  ["app", { name: "$app_name", version: "$app_version_string", build: "$app_build_number" }],
  ["os", { name: "$os", version: "$os_version" }],
  ["device", { manufacturer: "$manufacturer", model: "$model", name: "$device", type: "$device_type" }],
  ["page", { url: "$current_url", referrer: "$referrer" }],
  ["screen", { width: "$screen_width", height: "$screen_height" }],
  ["network", { carrier: "$carrier", wifi: "$wifi" }],
  [
    "campaign",
    { source: "utm_source", medium: "utm_medium", name: "utm_campaign", term: "utm_term", content: "utm_content" }
  ]
])

/** What a message says beside an event's own properties: as JSON, each with a comma before it. */
class Extra {
  json = ""
  count: number
  /** Keys whose values had to be shortened. */
  readonly cut: Array<string> = []
  readonly own: fitting.Values

  constructor(own: fitting.Values, count: number) {
    this.own = own
    this.count = count
  }

  /** Adds a property, unless the event has its own. */
  add(key: string, value: unknown): void {
    if (Object.hasOwn(this.own, key)) return
    if (typeof value === "string" && value !== "") {
      const short = fitting.shorten(value)
      if (short !== value) this.cut.push(key)
      this.set(key, short)
    } else if (typeof value === "number" || typeof value === "boolean") this.set(key, value)
  }

  addGroup(key: string, groupId: unknown): void {
    const fits =
      typeof groupId === "string" && groupId !== "" && !identity.isBanned(groupId) && !fitting.isLong(groupId)
    if (fits && !Object.hasOwn(this.own, key)) this.set(key, [groupId])
  }

  private set(key: string, value: Json): void {
    this.json += `,${JSON.stringify(key)}:${JSON.stringify(value)}`
    this.count++
  }
}

const addContext = (extra: Extra, context: fitting.Values, groupKey: string): void => {
  for (const key in context) {
    const to = defaults.get(key)
    if (to === undefined) continue
    const value = context[key]
    if (typeof to === "string") extra.add(to, value)
    else if (typeof value === "object" && value !== null) {
      for (const inner in to) extra.add(to[inner]!, (value as fitting.Values)[inner])
    }
  }
  extra.addGroup(groupKey, context["groupId"])
}

/**
 * An event as JSON, or what becomes of a message that Mixpanel would not take. The properties are written once, as they
 * stand, and what the sink says is put behind them as text: nothing is copied where nothing has to be cut.
 */
export const encode = (
  message: Tracked,
  shape: Shape,
  insertIds: ReadonlyMap<string, string>,
  now: number
): string | Receipt.Outcome => {
  const name = nameOf(message)
  if (name === "") return Receipt.rejected("the event has no name")
  if (fitting.isLong(name)) return Receipt.rejected(`the event's name has more than ${limits.stringBytes} bytes`)
  const time = Date.parse(message.timestamp)
  if (!(time >= limits.earliest)) return Receipt.rejected("the timestamp is no date, or lies before 1971")
  if (time > now + limits.ahead) return Receipt.rejected("the timestamp lies more than an hour ahead")
  const who = identity.of(message)
  if (typeof who === "string") return Receipt.rejected(who)

  const { context, messageId, properties } = message
  const { deviceId, distinctId, userId } = who
  const id = JSON.stringify(distinctId)
  const user = userId === "" ? "" : `,"$user_id":${id}`
  const device = deviceId === "" ? "" : `,"$device_id":${JSON.stringify(deviceId)}`
  // An id that is none of `insertIds` has nothing in it that JSON would escape.
  const insertId = insertIds.get(messageId) ?? messageId
  const always = `"time":${time},"distinct_id":${id},"$insert_id":"${insertId}","ip":${ipOf(context)}${user}${device}`
  const count = 4 + (user === "" ? 0 : 1) + (device === "" ? 0 : 1)
  const extra = context === undefined && message.type === "track" ? undefined : new Extra(properties, count)
  if (extra !== undefined) {
    if (message.type !== "track") {
      extra.add("name", message.name)
      extra.add("category", message.category)
    }
    if (context !== undefined) addContext(extra, context, shape.groupKey)
  }
  const values = fitted(properties, extra?.count ?? count, extra?.cut ?? none, shape)
  if (typeof values === "string") return Receipt.rejected(values)
  const own = JSON.stringify(values)
  if (!own.startsWith("{")) return Receipt.rejected("the properties are no object")
  const comma = own === "{}" ? "" : ","
  const json = `{"event":${JSON.stringify(name)},"properties":${own.slice(0, -1)}${comma}${always}${extra?.json ?? ""}}}`
  return fitting.exceeds(json, limits.messageBytes - 1)
    ? Receipt.rejected(`the event has more than ${limits.messageBytes - 1} bytes, and Mixpanel does not take it`)
    : json
}

const none: ReadonlyArray<string> = []

/** Without an ip Mixpanel would take the server's ("Import Events", "GeoIP Enrichment"). */
const ipOf = (context: fitting.Values | undefined): string => {
  const ip = context?.["ip"]
  return typeof ip === "string" && ip !== "" && !fitting.isLong(ip) ? JSON.stringify(ip) : "0"
}

/** The properties as they go, or why they do not. */
const fitted = (
  properties: fitting.Values,
  others: number,
  cut: ReadonlyArray<string>,
  { whenTooLarge }: Shape
): fitting.Values | string => {
  const whole = fitting.fits(properties, limits.event, others)
  if (whole && cut.length === 0) return properties
  if (whole || whenTooLarge === "cut") return fitting.cut(properties, limits.event, others + 1, cut)
  return fitting.reasonAgainst(properties, limits.event, others)
}
