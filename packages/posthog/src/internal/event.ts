import * as Encoder from "@trackmap/core/Encoder"
import type * as Message from "@trackmap/core/Message"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Uuid from "@trackmap/core/Uuid"
import { distinctIdOf } from "./identity.ts"
import * as limits from "./limits.ts"
import { integration, MessageOptions, types } from "./messageOptions.ts"
import { propertiesOf } from "./properties.ts"
import { version } from "./version.ts"

/** The options of the sink that decide how messages become events. */
export interface Form {
  readonly api: "events" | "batch"
  readonly groupType: string
  readonly personProfiles: "always" | "identified_only"
}

const names = {
  page: "$pageview",
  screen: "$screen",
  identify: "$identify",
  group: "$groupidentify",
  alias: "$create_alias"
} as const

/** RFC 3339, which the per-event API requires. */
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** A timestamp as PostHog reads it. */
const timestampOf = (timestamp: string, now: number): string => {
  const time = Date.parse(timestamp)
  if (time > now + limits.ahead) Encoder.refuse("the timestamp is more than 23 hours in the future")
  if (!Number.isNaN(time)) {
    const text = rfc3339.test(timestamp) ? timestamp : new Date(time).toISOString()
    if (rfc3339.test(text)) return text
  }
  return Encoder.refuse("the timestamp is not a date of the years 0 to 9999")
}

/** PostHog's `uuid` of a message, as its response writes it. */
export const uuidOf = ({ messageId }: Message.Message): string => Uuid.of(messageId).toLowerCase()

/** Makes the encoder of messages to events. The sink adds its properties as text, and copies none. */
export const encoder = ({ api, groupType, personProfiles }: Form) =>
  Encoder.make({
    integration,
    options: MessageOptions,
    types,
    encode: (message, options, now) => {
      const { type, userId } = message
      const name = type === "track" ? message.event : names[type]
      const wrong = limits.reasonAgainstName(name)
      if (wrong !== undefined) Encoder.refuse(wrong)
      const group = options?.groupType ?? groupType
      const id = distinctIdOf(message, group)
      const timestamp = timestampOf(message.timestamp, now)
      const { added, isChange } = propertiesOf(message, options, group)
      const isPersonless =
        "properties" in message &&
        !(options?.personProfile ?? (personProfiles === "always" || Boolean(userId) || isChange))
      if (api === "batch") {
        added.put("$lib", "@trackmap/posthog")
        added.put("$lib_version", version)
        if (isPersonless) added.put("$process_person_profile", false)
      }
      const beside = isPersonless && api === "events" ? `"options":{"process_person_profile":false},` : ""
      const properties = added.json ?? Encoder.refuse("the properties are not an object")
      const json = `{"uuid":"${uuidOf(message)}","event":${JSON.stringify(name)},"distinct_id":${JSON.stringify(id)},"timestamp":"${timestamp}",${beside}"properties":${properties}}`
      return PropertyLimits.exceeds(json, limits.messageBytes)
        ? Encoder.refuse(`the event is longer than the ${limits.messageBytes} bytes that PostHog accepts`)
        : json
    }
  })
