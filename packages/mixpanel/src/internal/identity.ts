import type { Message } from "@trackmap/core"
import { isLong } from "./fitting.ts"
import { bannedIds, insertId, stringBytes } from "./limits.ts"

export const isBanned = (id: string): boolean => bannedIds.has(id)

/** Who a message is of. An id that is not given is "". */
export interface Identity {
  readonly distinctId: string
  readonly userId: string
  readonly deviceId: string
}

const reasonAgainstId = (name: string, id: string): string | undefined => {
  // An id is not repeated: it may be an address.
  if (isBanned(id)) return `the ${name} is one of those that Mixpanel takes for a mistake`
  return isLong(id) ? `the ${name} has more than the ${stringBytes} bytes after which Mixpanel cuts it` : undefined
}

/** Who a message is of, or why Mixpanel would not take its ids. */
export const of = ({ anonymousId = "", userId = "" }: Message.Message): Identity | string => {
  const distinctId = userId !== "" || anonymousId === "" ? userId : `$device:${anonymousId}`
  return (
    reasonAgainstId("userId", userId) ??
    reasonAgainstId("anonymousId", anonymousId) ??
    reasonAgainstId("anonymousId", distinctId) ?? { distinctId, userId, deviceId: anonymousId }
  )
}

const fits = (messageId: string): boolean => insertId.test(messageId) && !isBanned(messageId)

const encoder = new TextEncoder()

const hashed = async (messageId: string): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(messageId)))
  return Array.from(digest.subarray(0, 18), (byte) => byte.toString(16).padStart(2, "0")).join("")
}

/** Those message ids that are no `$insert_id` as they are (Mixpanel, "Import Events", "properties.$insert_id"). */
export const unfit = (messages: ReadonlyArray<Message.Message>): ReadonlyArray<string> =>
  messages.map(({ messageId }) => messageId).filter((messageId) => !fits(messageId))

/** The `$insert_id` of each of them: the first 36 digits of its SHA-256, the same on every attempt. */
export const insertIds = async (messageIds: ReadonlyArray<string>): Promise<ReadonlyMap<string, string>> =>
  new Map(await Promise.all(messageIds.map(async (id) => [id, await hashed(id)] as const)))
