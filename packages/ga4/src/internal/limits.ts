import type * as Description from "@trackmap/core/Description"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"

/** Google's limits ("Send Measurement Protocol events", "Limitations") and reserved names ("Measurement Protocol reference"). */

/** Events in a request, and parameters of an event. */
export const events = 25
export const params = 25
/** User properties of a request. */
export const userProperties = 25
/** "The post body must be smaller than 130kB", with a kB of 1,000 bytes, the smaller of its two meanings. */
export const bytes = 129_999
/** Bytes of an event and the start of its request, without the text between them. */
export const eventBytes = bytes - 20
/** How far in the past an event may be, in milliseconds. */
export const age = 72 * 60 * 60 * 1_000
/** "User-ID feature policy": fewer than 256 characters. */
export const userId = 255

/** The parameter that lists the keys of incomplete values. */
export const marker = "truncated_keys"

/** The parameters that the sink writes itself, and not those of the event. */
export const own = { session: "session_id", engagement: "engagement_time_msec" } as const

/** Whether Google can store a value of the type. Other lists and objects are left out. */
export const isStored = ({ key, type }: Pick<Description.Key, "key" | "type">): boolean =>
  key === "items" ? type._tag === "Array" : !["Array", "Tuple", "Object", "Record", "Json"].includes(type._tag)

/** The characters of a value. Those of a page are in "Event collection limits". */
const values: Readonly<Record<string, number>> = { page_title: 300, page_referrer: 420, page_location: 1_000 }
export const value = (key: string): number => (Object.hasOwn(values, key) ? values[key]! : 100)
export const userPropertyValue = 36

const lettersOnly = /^[A-Za-z]\w*$/
const prefixes = /^(firebase_|ga_|google_)/

const reserved = {
  event: new Set(
    "ad_activeview ad_click ad_exposure ad_impression ad_query ad_reward adunit_exposure app_clear_data app_exception app_install app_remove app_store_refund app_update app_upgrade dynamic_link_app_open dynamic_link_app_update dynamic_link_first_open error firebase_campaign firebase_in_app_message_action firebase_in_app_message_dismiss firebase_in_app_message_impression first_open first_visit in_app_purchase notification_dismiss notification_foreground notification_open notification_receive notification_send os_update screen_view session_start user_engagement".split(
      " "
    )
  ),
  parameter: new Set(["firebase_conversion"]),
  "user property": new Set(
    "first_open_time first_visit_time last_deep_link_referrer user_id first_open_after_install".split(" ")
  )
}
export type Kind = keyof typeof reserved
const longest: Readonly<Record<Kind, number>> = { event: 40, parameter: 40, "user property": 24 }

/** Why Google would ignore the form of a name, or undefined if it would not. `what` is put before the reason. */
export const reasonAgainstForm = (kind: Kind, name: string, what: string): string | undefined => {
  if (name.length > longest[kind]) return `${what} has more than ${longest[kind]} characters`
  return lettersOnly.test(name)
    ? undefined
    : `${what} has other characters than letters, digits and underscores, or does not begin with a letter`
}

/** Whether Google keeps a name for itself. */
export const isReserved = (kind: Kind, name: string): boolean => reserved[kind].has(name) || prefixes.test(name)

/** Why Google would ignore a name, or undefined if it would not. */
export const reasonAgainst = (kind: Kind, name: string, what: string): string | undefined =>
  reasonAgainstForm(kind, name, what) ?? (isReserved(kind, name) ? `${what} is reserved by Google` : undefined)

/** Why Google does not store all of some parameters. */
export const tooLarge = (keys: ReadonlyArray<string>): string =>
  `Google does not store all of ${PropertyLimits.listed(keys, 100)}: it takes ${params} parameters, and texts of ${value("")} characters`

/** Why a message has no client. */
export const noClient =
  "the message has no client id, which Google requires: track with an anonymousId, or see the option clientId"
/** Why a message is too old. */
export const tooOld = "the timestamp is more than 72 hours ago, and Google would store another: see the option whenOld"

/** The start of a text, which never ends within a code point. Any other value stays as it is. */
export const shorten = <A>(value: A, length: number): A | string =>
  typeof value === "string" && value.length > length ? value.slice(0, length).replace(/[\uD800-\uDBFF]$/, "") : value
