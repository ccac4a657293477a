import type { Message } from "@trackmap/core"

/**
 * Segment's limits, before compression (Segment, "HTTP API", "Max request size"). The sink counts a KB as 1,000 bytes,
 * the smaller reading.
 */
export const limits = { messages: 2_500, bytes: 500_000, messageBytes: 32_000, idCharacters: 99 }

const required = new Map([
  ["track", ["event"]],
  ["group", ["groupId"]],
  ["alias", ["userId", "previousId"]]
])

/** Why Segment would drop a message although it answers 200. */
export const reasonAgainst = (message: Message.Message): string | undefined => {
  const { anonymousId, messageId, type, userId } = message
  if (!userId && !anonymousId) return "the message has neither a userId nor an anonymousId, so Segment would drop it"
  const missing = required.get(type)?.find((key) => !(message as Readonly<Record<string, unknown>>)[key])
  if (missing !== undefined) return `the message is of type ${type} and has no ${missing}, so Segment would drop it`
  if (messageId === "") return "the messageId is empty, and Segment needs it to detect duplicates"
  const { idCharacters } = limits
  return messageId.length > idCharacters
    ? `the messageId has ${messageId.length} characters, and Segment accepts ${idCharacters}`
    : undefined
}
