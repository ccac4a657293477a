import * as Encoder from "@trackmap/core/Encoder"
import type * as Message from "@trackmap/core/Message"
import * as Uuid from "@trackmap/core/Uuid"
import { distinctIdOf } from "./identity.ts"
import * as limits from "./limits.ts"
import { MessageOptions, types } from "./messageOptions.ts"
import { names } from "./names.ts"
import type { Resolved } from "./options.ts"
import { propertiesOf } from "./properties.ts"
import { version } from "./version.ts"

const library = { $lib: "@trackmap/posthog", $lib_version: version }

/** PostHog's `uuid` of a message, as its response writes it. */
export const uuidOf = ({ messageId }: Message.Message): string => Uuid.of(messageId).toLowerCase()

/** Makes the encoder of messages to events. */
export const encoder = ({ api, groupType, personProfiles }: Resolved) =>
  Encoder.make({
    integration: "PostHog",
    options: MessageOptions,
    types,
    encode: (message, options, now) => {
      const { type, userId } = message
      const event = type === "track" ? message.event : names[type]
      Encoder.refuseIf(limits.reasonAgainstName(event))
      const group = options?.groupType ?? groupType
      const distinct_id = distinctIdOf(message, group)
      // The per-event API requires RFC 3339.
      const timestamp = Encoder.rfc3339Of(message, now, limits.hoursAhead)
      const properties = propertiesOf(message, options, group)
      const isChange = (options?.set ?? options?.setOnce ?? options?.unset) !== undefined
      const hasPerson = options?.personProfile ?? (personProfiles === "always" || Boolean(userId) || isChange)
      const personless = "properties" in message && !hasPerson ? { process_person_profile: false } : undefined
      if (api === "batch") Object.assign(properties, library, personless && { $process_person_profile: false })
      const record = { uuid: uuidOf(message), event, distinct_id, timestamp, properties }
      const json = JSON.stringify(api === "events" && personless ? { ...record, options: personless } : record)
      return Encoder.within(json, limits.messageBytes, "PostHog")
    }
  })
