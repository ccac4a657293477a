import { Message } from "@trackmap/core"

export const message = (
  index: number,
  properties: Message.Track["properties"] = { OrderLine_id: 1001 }
): Message.Track => ({
  type: "track",
  event: "orderLineUpdated",
  properties,
  messageId: Message.nextId(1_767_225_600_000 + index),
  timestamp: "2026-01-01T00:00:00.000Z",
  userId: "user-1"
})

/** `count` messages, in the order of their ids. */
export const messages = (count: number): ReadonlyArray<Message.Track> =>
  Array.from({ length: count }, (_, index) => message(index))

/** One of each of the six calls. */
export const calls = (): ReadonlyArray<Message.Message> => {
  const { messageId, timestamp, userId } = message(0)
  const common = { timestamp, userId: userId! }
  return [
    message(1),
    { type: "identify", traits: { plan: "pro" }, messageId, ...common },
    { type: "group", groupId: "group-1", traits: {}, messageId: Message.nextId(2), ...common },
    { type: "alias", previousId: "user-0", messageId: Message.nextId(3), ...common },
    { type: "page", name: "Home", properties: {}, messageId: Message.nextId(4), ...common },
    { type: "screen", name: "Home", properties: {}, messageId: Message.nextId(5), ...common }
  ]
}
