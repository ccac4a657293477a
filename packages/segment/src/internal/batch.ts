import { Message } from "@trackmap/core"

const context = JSON.stringify({ library: { name: "@trackmap/segment" } })

/**
 * The body of a request. The messages are joined as they are, so that each is written as JSON only once, and in one step: a text
 * that is put together bit by bit is copied once more when it is sent.
 */
export const body = (messages: ReadonlyArray<Message.Message>, sentAt: number): string => {
  const parts = messages.map(Message.toJson)
  const last = parts.length - 1
  parts[0] = `{"batch":[${parts[0] ?? ""}`
  parts[Math.max(0, last)] += `],"sentAt":"${new Date(sentAt).toISOString()}","context":${context}}`
  return parts.join(",")
}

/** What a body has beside its messages, all of it ASCII. */
export const envelopeBytes = body([], 0).length

const required: { readonly [T in Message.Message["type"]]: ReadonlyArray<string> } = {
  track: ["event"],
  identify: [],
  group: ["groupId"],
  alias: ["userId", "previousId"],
  page: [],
  screen: []
}

/** Why Segment would drop a message behind its 200. */
export const reasonAgainst = (message: Message.Message): string | undefined => {
  const { anonymousId, messageId, type, userId } = message
  if (!userId && !anonymousId) return "the message has neither a userId nor an anonymousId, and Segment would drop it"
  const missing = required[type].find((key) => !(message as Readonly<Record<string, unknown>>)[key])
  if (missing !== undefined) return `the message is of type ${type} and has no ${missing}, and Segment would drop it`
  if (messageId === "") return "the messageId is empty, and Segment could not tell a message that is sent twice"
  return messageId.length > 99 ? `the messageId has ${messageId.length} characters, and Segment takes 99` : undefined
}
