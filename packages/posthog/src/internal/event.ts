import * as Encoder from "@trackmap/core/Encoder"
import type * as Message from "@trackmap/core/Message"
import * as Uuid from "@trackmap/core/Uuid"
import { distinctIdOf } from "./identity.ts"
import * as limits from "./limits.ts"
import { MessageOptions, types } from "./messageOptions.ts"
import type { Resolved } from "./options.ts"
import { propertiesOf } from "./properties.ts"
import { version } from "./version.ts"

const names = {
  page: "$pageview",
  screen: "$screen",
  identify: "$identify",
  group: "$groupidentify",
  alias: "$create_alias"
} as const

/** PostHog's `uuid` of a message, as its response writes it. */
export const uuidOf = ({ messageId }: Message.Message): string => Uuid.of(messageId).toLowerCase()

/** Makes the encoder of messages to events. The sink adds its properties as text, and copies none. */
export const encoder = ({ api, groupType, personProfiles }: Resolved) =>
  Encoder.make({
    integration: "PostHog",
    options: MessageOptions,
    types,
    encode: (message, options, now) => {
      const { type, userId } = message
      const name = type === "track" ? message.event : names[type]
      Encoder.refuseIf(limits.reasonAgainstName(name))
      const group = options?.groupType ?? groupType
      const id = distinctIdOf(message, group)
      // The per-event API requires RFC 3339.
      const timestamp = Encoder.rfc3339Of(message)
      if (Date.parse(timestamp) > now + limits.ahead)
        Encoder.refuse("the timestamp is more than 23 hours in the future")
      const properties = propertiesOf(message, options, group)
      const isChange = (options?.set ?? options?.setOnce ?? options?.unset) !== undefined
      const hasPerson = options?.personProfile ?? (personProfiles === "always" || Boolean(userId) || isChange)
      const isPersonless = "properties" in message && !hasPerson
      if (api === "batch") {
        properties.addAll({ $lib: "@trackmap/posthog", $lib_version: version })
        if (isPersonless) properties.put("$process_person_profile", false)
      }
      const beside = isPersonless && api === "events" ? `"options":{"process_person_profile":false},` : ""
      const json = properties.json ?? Encoder.refuse("the properties are not an object")
      const event = `{"uuid":"${uuidOf(message)}","event":${JSON.stringify(name)},"distinct_id":${JSON.stringify(id)},"timestamp":"${timestamp}",${beside}"properties":${json}}`
      return Encoder.within(event, limits.messageBytes, "PostHog")
    }
  })
