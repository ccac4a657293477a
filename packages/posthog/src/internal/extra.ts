import type { Values } from "@trackmap/core/PropertyLimits"

type Names = Readonly<Record<string, string>>

/** Segment's context ("Spec: Common Fields") as PostHog's properties (PostHog, "Taxonomy"), and the tracker's `traceId`. */
const properties: ReadonlyMap<string, string | Names> = new Map<string, string | Names>([
  ["locale", "$locale"],
  ["timezone", "$timezone"],
  ["userAgent", "$raw_user_agent"],
  ["traceId", "trace_id"],
  ["app", { name: "$app_name", version: "$app_version", build: "$app_build", namespace: "$app_namespace" }],
  ["browser", { name: "$browser", version: "$browser_version" }],
  ["os", { name: "$os", version: "$os_version" }],
  [
    "device",
    { manufacturer: "$device_manufacturer", model: "$device_model", name: "$device_name", type: "$device_type" }
  ],
  ["page", { url: "$current_url", path: "$pathname", referrer: "$referrer", title: "title" }],
  ["screen", { width: "$screen_width", height: "$screen_height" }],
  ["network", { carrier: "$network_carrier", cellular: "$network_cellular", wifi: "$network_wifi" }],
  [
    "campaign",
    { source: "utm_source", medium: "utm_medium", name: "utm_campaign", term: "utm_term", content: "utm_content" }
  ]
])

/** The properties that the sink appends to an event's own, as JSON with a comma before each. */
export class Extra {
  json = ""
  readonly own: Values

  constructor(own: Values) {
    this.own = own
  }

  /** Adds a text, a number or a boolean, unless the event has its own. */
  add(key: string, value: unknown): void {
    const isPlain = typeof value === "string" ? value !== "" : typeof value === "number" || typeof value === "boolean"
    if (isPlain && !Object.hasOwn(this.own, key)) this.write(key, value)
  }

  write(key: string, value: unknown): void {
    this.json += `,${JSON.stringify(key)}:${JSON.stringify(value)}`
  }

  addAll(names: Names, from: Values): void {
    for (const name in names) this.add(names[name]!, from[name])
  }

  addContext(context: Values, groupType: string): void {
    for (const key in context) {
      const to = properties.get(key)
      const value = context[key]
      if (typeof to === "string") this.add(to, value)
      else if (to !== undefined && typeof value === "object" && value !== null) this.addAll(to, value as Values)
    }
    const { groupId } = context
    const isGroup = typeof groupId === "string" && groupId !== "" && !Object.hasOwn(this.own, "$groups")
    if (isGroup) this.write("$groups", { [groupType]: groupId })
  }

  /** Adds the person's address. Without one, PostHog would take your server's, and locate the person there. */
  addAddress(ip: unknown): void {
    if (typeof ip === "string" && ip !== "") this.add("$ip", ip)
    else if (!Object.hasOwn(this.own, "$ip")) this.add("$geoip_disable", true)
  }
}
