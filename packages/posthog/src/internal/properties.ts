import * as ContextNames from "@trackmap/core/ContextNames"
import * as Encoder from "@trackmap/core/Encoder"
import type * as Message from "@trackmap/core/Message"
import * as Predicate from "effect/Predicate"
import type { MessageOptions } from "./messageOptions.ts"

type Values = Message.Identify["traits"]

/** Segment's context ("Spec: Common Fields") as PostHog's properties (PostHog, "Taxonomy"), and the tracker's `traceId`. */
const readContext = ContextNames.reader({
  locale: "$locale",
  timezone: "$timezone",
  userAgent: "$raw_user_agent",
  traceId: "trace_id",
  app: { name: "$app_name", version: "$app_version", build: "$app_build", namespace: "$app_namespace" },
  browser: { name: "$browser", version: "$browser_version" },
  os: { name: "$os", version: "$os_version" },
  device: { manufacturer: "$device_manufacturer", model: "$device_model", name: "$device_name", type: "$device_type" },
  page: { url: "$current_url", path: "$pathname", referrer: "$referrer", title: "title" },
  screen: { width: "$screen_width", height: "$screen_height" },
  network: { carrier: "$network_carrier", cellular: "$network_cellular", wifi: "$network_wifi" },
  campaign: ContextNames.utm
})

/** A page as the Segment Spec has it in its own properties ("Spec: Page"), which take precedence over its context. */
const pageOf = ({ context, properties }: Message.Page): Values => ({
  ...(context?.["page"] as Values | undefined),
  ...properties
})

const hostOf = ({ url }: Values) => (typeof url === "string" ? URL.parse(url)?.host : undefined)

/** The properties that are the sink's own for each type of message. */
const ownOf = (message: Message.Message, groupType: string): ReadonlyArray<readonly [string, unknown]> => {
  switch (message.type) {
    case "page":
      return Object.entries({ $host: hostOf(pageOf(message)), name: message.name, category: message.category })
    case "screen":
      return Object.entries({ $screen_name: message.name, category: message.category })
    case "identify":
      return [["$anon_distinct_id", message.userId && message.anonymousId]]
    case "group":
      return Object.entries({ $group_type: groupType, $group_key: message.groupId, $group_set: message.traits })
    case "alias":
      return [["alias", message.previousId]]
    default:
      return []
  }
}

const none: Values = {}

/** Adds the changes of a person. */
const addChanges = (message: Message.Message, options: MessageOptions, properties: Record<string, unknown>): void => {
  const { personProfile, set, setOnce, unset } = options
  const traits = message.type === "identify" ? { ...message.traits, ...set } : set
  for (const [name, values] of Object.entries({ $set: traits, $set_once: setOnce, $unset: unset })) {
    if (values === undefined) continue
    if (personProfile === false) Encoder.refuse(`integrations.PostHog has ${name} for a message without a person`)
    if (name in properties) Encoder.refuse(`integrations.PostHog and the property ${name} exclude each other`)
    properties[name] = values
  }
}

/** The properties of an event: its own, which take precedence, and those that the sink adds. */
export const propertiesOf = (message: Message.Message, options: MessageOptions | undefined, groupType: string) => {
  const { anonymousId, context = none, userId } = message
  const own: unknown = "properties" in message ? message.properties : none
  if (!Predicate.isObject(own)) return Encoder.refuse("the properties are not an object")
  // Spreading the sink's first would take V8 three times as long.
  const properties: Record<string, unknown> = { ...own }
  const add = (name: string, value: unknown): void => {
    if (value !== undefined && value !== "" && !Object.hasOwn(own, name)) properties[name] = value
  }
  if (options !== undefined || message.type === "identify") addChanges(message, options ?? none, properties)
  for (const [name, value] of ownOf(message, groupType)) add(name, value)
  if (userId) add("$device_id", anonymousId)
  readContext(message.type === "page" ? { ...context, page: pageOf(message) } : context, { add })
  const { groupId, ip } = context
  if (typeof groupId === "string" && groupId !== "") add("$groups", { [groupType]: groupId })
  // Without an address, PostHog would take your server's, and locate the person there.
  if (typeof ip === "string") add("$ip", ip)
  if (properties["$ip"] === undefined) add("$geoip_disable", true)
  return properties
}
