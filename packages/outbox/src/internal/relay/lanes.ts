import type { Message } from "@trackmap/core/Message"
import * as Hash from "effect/Hash"
import type { Readable } from "./reading.ts"

const userOf = ({ anonymousId, messageId, userId }: Message): string => userId || anonymousId || messageId

/** Divides messages so that those of one user are together, and in their order. */
export const byUser = (messages: ReadonlyArray<Readable>, lanes: number): ReadonlyArray<ReadonlyArray<Readable>> => {
  if (lanes === 1) return [messages]
  const all = Array.from({ length: lanes }, (): Array<Readable> => [])
  for (const message of messages) {
    // For short texts that differ only at the end, Hash.string differs only in the low bits. The product spreads them.
    const spread = Math.imul(Hash.string(userOf(message.envelope.message)), 0x9e3779b1) >>> 0
    all[Math.floor((spread / 0x100000000) * lanes)]!.push(message)
  }
  return all.filter((lane) => lane.length > 0)
}

/** Divides messages evenly, so that each part has whole batches of a sink. */
export const byBatches = (
  messages: ReadonlyArray<Readable>,
  lanes: number,
  batch: number
): ReadonlyArray<ReadonlyArray<Readable>> => {
  const size = Math.max(1, Math.ceil(messages.length / lanes / batch) * batch)
  const all: Array<ReadonlyArray<Readable>> = []
  for (let at = 0; at < messages.length; at += size) all.push(messages.slice(at, at + size))
  return all
}
