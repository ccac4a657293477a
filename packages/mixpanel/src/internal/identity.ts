import type { Message } from "@trackmap/core"
import { bannedIds, insertId, isLong, stringBytes } from "./limits.ts"

export const isBanned = (id: string): boolean => bannedIds.has(id)

const reasonAgainstId = (name: string, id: string): string | undefined => {
  // An id is not repeated: it may be an address.
  if (isBanned(id)) return `the ${name} is one of those that Mixpanel takes for a mistake`
  return isLong(id) ? `the ${name} has more than the ${stringBytes} bytes after which Mixpanel cuts it` : undefined
}

/** Who a message is of, or why Mixpanel would not take its ids. An id that is not given is "". */
export const of = ({ anonymousId = "", userId = "" }: Message.Message) => {
  const distinctId = userId !== "" || anonymousId === "" ? userId : `$device:${anonymousId}`
  return (
    reasonAgainstId("userId", userId) ??
    reasonAgainstId("anonymousId", anonymousId) ??
    reasonAgainstId("anonymousId", distinctId) ?? { distinctId, userId, deviceId: anonymousId }
  )
}

/** The ip of a message's context, where it is one that fits. */
export const ipOf = ({ context }: Message.Message): string | undefined => {
  const ip = context?.["ip"]
  return typeof ip === "string" && ip !== "" && !isLong(ip) ? ip : undefined
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
