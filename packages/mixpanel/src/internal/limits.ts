import * as PropertyLimits from "@trackmap/core/PropertyLimits"

/** Mixpanel's limits and reserved names. A KB counts as 1,000 bytes, the smaller of its two meanings. */

/** Bytes of a string, a key, a name or an id ("Supported Properties Data Type"). */
export const stringBytes = 255
/** Levels of lists and objects in a property. */
const depth = 3

const shared = { objectKeys: 254, depth, stringBytes, bytes: 900_000, marker: "_truncated" }

/** "Import Events", "High-level requirements"; "Supported Properties Data Type"; "Reserved Event Properties". */
export const event: PropertyLimits.PropertyLimits = {
  ...shared,
  properties: 254,
  elements: 254,
  valueBytes: 8_000,
  reserved: new Set([
    ..."token ip time $time distinct_id $distinct_id $device_id $user_id $insert_id $event_name".split(" "),
    ..."$ignore bucket $bucket".split(" "),
    ..."alias $identified_id $anon_id $distinct_ids $distinct_id_before_identity".split(" "),
    shared.marker
  ])
}

/** "User Profiles", "Limits"; "Supported Properties Data Type"; "Reserved Profile Properties". */
export const profile: PropertyLimits.PropertyLimits = {
  ...shared,
  properties: 2_000,
  elements: Number.POSITIVE_INFINITY,
  valueBytes: 256_000,
  reserved: new Set(["$distinct_id", "$token", shared.marker])
}

/** The number of properties that the sink adds to every event: `time`, `distinct_id`, `$insert_id` and `ip`. */
export const always = 4

/** Bytes of one event or update. Mixpanel refuses the whole batch if one is longer. */
export const messageBytes = 1_000_000
/** Records per request ("Import Events", "Request Format"; "User Profiles"). */
export const requestRecords = 2_000
/**
 * Bytes per request, before compression ("Import Events", "Request Format"; "413 Payload Too Large"). Mixpanel's example of a 413 still
 * mentions 2,097,152 bytes: the sink splits a batch that gets a 413.
 */
export const requestBytes = 10_000_000

/** The earliest time of an event, and how far it may be in the future ("Import Events", "properties.time"), in milliseconds. */
export const earliest = Date.UTC(1971, 0, 1)
export const ahead = 3_600_000

/** Ids that Mixpanel does not allow, since services send them by mistake ("Import Events", "properties.distinct_id"). */
const bannedNames: ReadonlySet<string> = new Set(
  "anon anonymous nil none null n/a na undefined unknown <nil> 0 -1 true false [] {}".split(" ")
)
const nil = "00000000-0000-0000-0000-000000000000"
const longest = Math.max(...Array.from(bannedNames, ({ length }) => length))
// A set would hash the id of every message.
export const isBanned = (id: string): boolean => (id.length > longest ? id === nil : bannedNames.has(id))
/** The format of an `$insert_id` ("Import Events", "properties.$insert_id"). */
export const insertId = /^[A-Za-z0-9-]{1,36}$/

export const isLong = (text: string): boolean => PropertyLimits.exceeds(text, stringBytes)
export const shorten = (text: string): string => PropertyLimits.shorten(text, stringBytes)

/** Events that join ids ("Identity API"). Mixpanel takes none of these names for an event of yours. */
export const identityEvents: ReadonlySet<string> = new Set(["$merge", "$identify", "$create_alias"])
