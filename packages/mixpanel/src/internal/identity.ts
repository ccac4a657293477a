import type { Message } from "@trackmap/core"
import * as Hex from "effect/encoding/Hex"
import { insertId, isBanned, isLong, stringBytes } from "./limits.ts"

const reasonAgainstId = (name: string, id: string): string | undefined => {
  // The reason does not repeat the id, which may be an email address.
  if (isBanned(id)) return `Mixpanel does not allow this ${name}`
  return isLong(id) ? `the ${name} is longer than ${stringBytes} bytes, so Mixpanel would truncate it` : undefined
}

/** The user and device of a message, or the reason why Mixpanel would refuse its ids. A missing id is "". */
export const of = ({ anonymousId = "", userId = "" }: Message.Message) => {
  const distinctId = userId !== "" || anonymousId === "" ? userId : `$device:${anonymousId}`
  return (
    reasonAgainstId("userId", userId) ??
    reasonAgainstId("anonymousId", anonymousId) ??
    reasonAgainstId("anonymousId", distinctId) ?? { distinctId, userId, deviceId: anonymousId }
  )
}

/** The ip of a message's context, if it is a string that fits. */
export const ipOf = ({ context }: Message.Message): string | undefined => {
  const ip = context?.["ip"]
  return typeof ip === "string" && ip !== "" && !isLong(ip) ? ip : undefined
}

/** Whether a message id is valid as an `$insert_id`. */
export const fits = (messageId: string): boolean => insertId.test(messageId) && !isBanned(messageId)

const encoder = new TextEncoder()

const hashed = async (messageId: string): Promise<string> => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(messageId)))
  return Hex.encode(digest.subarray(0, 18))
}

/** The message ids that are not valid as an `$insert_id` (Mixpanel, "Import Events", "properties.$insert_id"). */
export const unfit = (messages: ReadonlyArray<Message.Message>): ReadonlyArray<string> =>
  messages.map(({ messageId }) => messageId).filter((messageId) => !fits(messageId))

/** An `$insert_id` for each message id: the first 36 digits of its SHA-256, so that every attempt has the same. */
export const insertIds = async (messageIds: ReadonlyArray<string>): Promise<ReadonlyMap<string, string>> =>
  new Map(await Promise.all(messageIds.map(async (id) => [id, await hashed(id)] as const)))
