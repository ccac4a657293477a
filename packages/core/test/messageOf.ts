import type { Message } from "../src/index.ts"

/** A message whose every byte says whose it is. */
export const messageOf = (id: number, size: number): Message.Track => ({
  type: "track",
  event: `event ${id}`,
  properties: { own: `${id}é `.repeat(size) },
  messageId: `m${id}`,
  timestamp: "2026-01-01T00:00:00.000Z"
})
