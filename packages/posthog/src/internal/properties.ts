import * as AddedProperties from "@trackmap/core/AddedProperties"
import * as ContextNames from "@trackmap/core/ContextNames"
import * as Encoder from "@trackmap/core/Encoder"
import type * as Message from "@trackmap/core/Message"
import type * as PropertyLimits from "@trackmap/core/PropertyLimits"
import type { MessageOptions } from "./messageOptions.ts"

type Added = AddedProperties.AddedProperties

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
const pageOf = ({ context, properties }: Message.Page): PropertyLimits.Values => ({
  ...(context?.["page"] as PropertyLimits.Values | undefined),
  ...properties
})

const hostOf = ({ url }: PropertyLimits.Values): string | undefined =>
  typeof url === "string" && URL.canParse(url) ? new URL(url).host : undefined

/** The properties that are the sink's own for each type of message. */
const ownOf = (message: Message.Message, groupType: string): Readonly<Record<string, unknown>> => {
  switch (message.type) {
    case "page":
      return { $host: hostOf(pageOf(message)), name: message.name, category: message.category }
    case "screen":
      return { $screen_name: message.name, category: message.category }
    case "identify":
      return { $anon_distinct_id: message.userId && message.anonymousId }
    case "group":
      return { $group_type: groupType, $group_key: message.groupId, $group_set: message.traits }
    case "alias":
      return { alias: message.previousId }
    default:
      return none
  }
}

const none = {}

/** Adds the changes of a person. */
const addChanges = (message: Message.Message, added: Added, options: MessageOptions): void => {
  const { personProfile, set, setOnce, unset } = options
  const traits = message.type === "identify" ? { ...message.traits, ...set } : set
  const changes = { $set: traits, $set_once: setOnce, $unset: unset }
  for (const [name, values] of Object.entries(changes)) {
    if (values === undefined) continue
    if (personProfile === false) Encoder.refuse(`integrations.PostHog has ${name} for a message without a person`)
    if (added.has(name)) Encoder.refuse(`integrations.PostHog and the property ${name} exclude each other`)
    added.put(name, values)
  }
}

/** The properties of an event. */
export const propertiesOf = (message: Message.Message, options: MessageOptions | undefined, groupType: string) => {
  const { context = none, userId } = message
  const added = AddedProperties.make("properties" in message ? message.properties : none)
  if (options !== undefined || message.type === "identify") addChanges(message, added, options ?? none)
  added.addAll(ownOf(message, groupType))
  if (userId) added.add("$device_id", message.anonymousId)
  readContext(message.type === "page" ? { ...context, page: pageOf(message) } : context, added)
  const { groupId, ip } = context as PropertyLimits.Values
  if (typeof groupId === "string" && groupId !== "") added.add("$groups", { [groupType]: groupId })
  // Without an address, PostHog would take your server's, and locate the person there.
  if (typeof ip === "string" && ip !== "") added.add("$ip", ip)
  else if (!added.has("$ip")) added.add("$geoip_disable", true)
  return added
}
