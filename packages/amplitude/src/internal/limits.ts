import * as PropertyLimits from "@trackmap/core/PropertyLimits"

/** Amplitude's limits and reserved names. An MB counts as 1,000,000 bytes, the smaller of its two meanings. */

/** Characters of any string ("HTTP V2 API", "String character limit"). Amplitude cuts longer ones silently. */
export const characters = 1_024

/**
 * The properties of an event. Amplitude's 40 levels ("HTTP V2 API", "event_properties") include the object of the
 * properties itself.
 */
export const properties: PropertyLimits.PropertyLimits = PropertyLimits.make({
  depth: 39,
  stringCharacters: characters,
  bytes: 900_000,
  marker: "_truncated"
})

/** The properties of a user or of a group: an operation is one level more. */
export const traits: PropertyLimits.PropertyLimits = { ...properties, depth: properties.depth - 1 }

/** Events of a request ("HTTP V2 API", "Upload limit"; "Batch Event Upload API"). */
export const requestEvents = 2_000
/** Bytes of a request's events, before compression. The rest of the request has a thousand bytes. */
export const requestBytes = { http: 999_000, batch: 19_999_000 }
/** Bytes of one event. */
export const eventBytes = 999_000

/** Ids that Amplitude does not accept, since services send them by mistake ("HTTP V2 API", "Device IDs and User IDs"). */
const refusedIds =
  /^(anonymous|nil|none|null|n\/a|na|undefined|unknown|00000000-0000-0000-0000-000000000000|\{\}|0|-1)$/i

/** Why Amplitude would not accept an id, or would take it for another. The reason does not repeat the id, which may be an email address. */
export const reasonAgainstId = (name: string, id: string, minIdLength: number): string | undefined => {
  if (id === "") return `the ${name} is empty`
  if (refusedIds.test(id)) return `Amplitude does not accept this ${name}`
  if (id.length < minIdLength) return `the ${name} is shorter than ${minIdLength} characters`
  return id.length > characters
    ? `the ${name} is longer than ${characters} characters, so Amplitude would cut it`
    : undefined
}

/** Names of events that Amplitude keeps for itself ("HTTP V2 API", "event_type"), and those of the calls that are no events. */
const reservedEvents =
  /^(\$identify|\$groupidentify|\[Amplitude\] (Start Session|End Session|Revenue|Revenue \((Verified|Unverified)\)|Merged User))$/

/** Why Amplitude keeps the name of an event for itself. */
export const reasonAgainstReserved = (name: string): string | undefined =>
  reservedEvents.test(name) ? `Amplitude reserves the name ${name}` : undefined

/** Why Amplitude would not accept the name of an event. */
export const reasonAgainstName = (name: string): string | undefined => {
  if (name === "") return "the event has no name"
  if (name.length > characters) return `the event's name is longer than ${characters} characters`
  return reasonAgainstReserved(name)
}
