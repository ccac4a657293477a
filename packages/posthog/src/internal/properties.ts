import * as AddedProperties from "@trackmap/core/AddedProperties"
import * as ContextNames from "@trackmap/core/ContextNames"
import * as Encoder from "@trackmap/core/Encoder"
import type * as Message from "@trackmap/core/Message"
import type * as PropertyLimits from "@trackmap/core/PropertyLimits"
import { integration, type MessageOptions } from "./messageOptions.ts"

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
  campaign: {
    source: "utm_source",
    medium: "utm_medium",
    name: "utm_campaign",
    term: "utm_term",
    content: "utm_content"
  }
})

/** Adds the changes of a person. */
const addChanges = (message: Message.Message, added: Added, options: MessageOptions): void => {
  const { personProfile, set, setOnce, unset } = options
  const traits = message.type === "identify" ? { ...message.traits, ...set } : set
  for (const [option, name, values] of [
    ["set", "$set", traits],
    ["setOnce", "$set_once", setOnce],
    ["unset", "$unset", unset]
  ] as const) {
    if (values === undefined) continue
    const what = `integrations.${integration}.${option}`
    if (personProfile === false) Encoder.refuse(`${what} is not for a message without a person`)
    if (added.has(name)) Encoder.refuse(`${what} and the property ${name} exclude each other`)
    added.put(name, values)
  }
}

/** A page as the Segment Spec has it in its own properties ("Spec: Page"), which take precedence over its context. */
const pageOf = ({ context, properties }: Message.Page): PropertyLimits.Values => ({
  ...(context?.["page"] as PropertyLimits.Values | undefined),
  ...properties
})

/** Adds the properties that are the sink's own for each type of message. */
const addOwn = (message: Message.Message, added: Added, groupType: string): void => {
  switch (message.type) {
    case "page": {
      const { url } = pageOf(message)
      if (typeof url === "string" && URL.canParse(url)) added.add("$host", new URL(url).host)
      added.add("name", message.name)
      added.add("category", message.category)
      break
    }
    case "screen":
      added.add("$screen_name", message.name)
      added.add("category", message.category)
      break
    case "identify":
      if (message.userId) added.add("$anon_distinct_id", message.anonymousId)
      break
    case "group":
      added.put("$group_type", groupType)
      added.put("$group_key", message.groupId)
      added.put("$group_set", message.traits)
      break
    case "alias":
      added.put("alias", message.previousId)
      break
  }
}

const addContext = (message: Message.Message, added: Added, groupType: string): void => {
  const { context = none } = message
  readContext(message.type === "page" ? { ...context, page: pageOf(message) } : context, (name, value) =>
    added.add(name, value)
  )
  const { groupId, ip } = context
  if (typeof groupId === "string" && groupId !== "") added.add("$groups", { [groupType]: groupId })
  // Without an address, PostHog would take your server's, and locate the person there.
  if (typeof ip === "string" && ip !== "") added.add("$ip", ip)
  else if (!added.has("$ip")) added.add("$geoip_disable", true)
}

const none: PropertyLimits.Values = {}

/** The properties of an event, and whether it changes a person. */
export const propertiesOf = (message: Message.Message, options: MessageOptions | undefined, groupType: string) => {
  const added = AddedProperties.make("properties" in message ? message.properties : none)
  if (options !== undefined || message.type === "identify") addChanges(message, added, options ?? {})
  const isChange = !added.isEmpty
  addOwn(message, added, groupType)
  if (message.userId) added.add("$device_id", message.anonymousId)
  addContext(message, added, groupType)
  return { added, isChange }
}
