type Fields = Readonly<Record<string, unknown>>

const isObject = (u: unknown): u is Fields => typeof u === "object" && u !== null

/** The message of an envelope's JSON, as far as it can be read: a newer version of the package may have written it. */
const messageOf = (body: string): Fields => {
  try {
    const envelope: unknown = JSON.parse(body)
    return isObject(envelope) && isObject(envelope["message"]) ? envelope["message"] : {}
  } catch {
    return {}
  }
}

const text = (u: unknown): string => (typeof u === "string" ? u : "")

/** The name of a tracked event, or the type of another message. */
export const eventOf = (body: string): string => {
  const { event, type } = messageOf(body)
  return text(event) || text(type)
}

/** Whether a message is a user's own. */
export const isOf = (body: string, userId: string): boolean => {
  const { previousId, userId: own } = messageOf(body)
  return own === userId || previousId === userId
}
