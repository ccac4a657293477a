import { randomUUID } from "node:crypto"
import type * as Fault from "../../Fault.ts"
import { basic, json, mediaType } from "../../VendorServer.ts"
import type { Answer, Batch, Request, Vendor } from "../../VendorServer.ts"
import { bytesOf, isRecord } from "../server/json.ts"

/** Segment counts in KB without saying of how many bytes: the smaller reading keeps a client safe under both. */
const messageBytes = 32_000
const batchBytes = 500_000
const batchMessages = 2_500
/** One page limits the id to 100 characters, another to fewer than 100. */
const idLength = 99

const calls = new Set(["track", "identify", "group", "alias", "page", "screen"])

const refusal = (status: number, message: string): Answer => json(status, { success: false, message })
const accepted = json(200, { success: true })

/** A message as it was sent, with the batch's context and integrations, and an id made by the server if it had none. */
export interface Message {
  readonly type: string
  readonly messageId: string
  readonly [key: string]: any
}

/** A message that the server refused despite a 200, and why. */
export interface Rejected {
  readonly message: unknown
  readonly reason: string
}

export interface Store {
  readonly received: Map<string, Message>
  readonly duplicates: Array<Message>
  readonly rejected: Array<Rejected>
}

export const vendor = (store: Store, writeKey: string): Vendor => ({
  refusal: (status) => refusal(status, `status ${status}`),
  denial: () => refusal(200, "not accepted"),
  clear: () => {
    store.received.clear()
    store.duplicates.length = 0
    store.rejected.length = 0
  },
  read: (request) => read(store, writeKey, request)
})

const read = (store: Store, writeKey: string, request: Request): Batch | Answer => {
  const name = /^\/v1\/([a-z]+)$/.exec(request.path)?.[1] ?? ""
  if (name !== "batch" && !calls.has(name)) return refusal(404, "no such path")
  if (request.method !== "POST") return refusal(405, "not a POST")
  if (mediaType(request) !== "application/json") return refusal(400, "Content-Type is not application/json")
  if (request.size > batchBytes) return refusal(400, `the body is larger than ${batchBytes} bytes`)
  const { body } = request
  if (!isRecord(body)) return refusal(400, "the body is not a JSON object")
  const key = basic(request)?.[0] ?? body["writeKey"]
  if (typeof key !== "string" || key === "") return refusal(400, "the write key is empty")
  const items: unknown = name === "batch" ? body["batch"] : [single(name, body)]
  if (!Array.isArray(items)) return refusal(400, "batch is not a list")
  if (items.some((item) => bytesOf(item) > messageBytes)) {
    return refusal(400, `a message is larger than ${messageBytes} bytes`)
  }
  return {
    messages: items.filter(isRecord),
    commit: () => {
      if (key !== writeKey) return accepted
      for (const item of items) {
        const reason = items.length > batchMessages ? `more than ${batchMessages} messages` : reasonAgainst(item)
        if (reason !== undefined) store.rejected.push({ message: item, reason })
        else keep(store, name === "batch" ? withShared(body, item) : item)
      }
      return accepted
    }
  }
}

const single = (type: string, { writeKey: _, ...rest }: Fault.Message): Fault.Message => ({ ...rest, type })

/** A batch's context and integrations apply to its items. Segment does not document which side wins: here it is the item. */
const withShared = (body: Fault.Message, item: Fault.Message): Fault.Message => {
  const shared = ["context", "integrations"].filter((key) => isRecord(body[key]))
  return Object.assign({}, item, ...shared.map((key) => ({ [key]: { ...body[key], ...item[key] } })))
}

const keep = (store: Store, item: Fault.Message): void => {
  const message = { ...item, messageId: item["messageId"] ?? randomUUID() } as unknown as Message
  if (store.received.has(message.messageId)) store.duplicates.push(message)
  else store.received.set(message.messageId, message)
}

const isText = (u: unknown): boolean => typeof u === "string" && u !== ""

const required: Readonly<Record<string, ReadonlyArray<string>>> = {
  track: ["event"],
  group: ["groupId"],
  alias: ["userId", "previousId"]
}

const reasonAgainst = (item: unknown): string | undefined => {
  if (!isRecord(item)) return "no object"
  const { anonymousId, messageId, type, userId } = item
  if (!calls.has(type)) return "no type"
  if (!isText(userId) && !isText(anonymousId)) return "no_user_anon_id"
  const missing = required[type]?.find((key) => !isText(item[key]))
  if (missing !== undefined) return `no ${missing}`
  if (messageId !== undefined && (!isText(messageId) || messageId.length > idLength)) return "messageId"
  return undefined
}
