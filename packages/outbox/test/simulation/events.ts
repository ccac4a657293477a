import type { Message } from "@trackmap/core/Message"
import { Entity, Pii, Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"

const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, email: Pii.personal(Schema.String) } })
const properties = { number: Schema.Int }

export const Plain = TrackedEvent.make("plain", { entities: { line: Line }, properties })
export const Ad = TrackedEvent.make("ad", { entities: { line: Line }, properties, purposes: ["ads"] })
export const plan = Plan.make(Plain, Ad)

export const secret = "jane@example.com"

/** The number that a message carries. */
export const numberOf = (message: Message): number =>
  message.type === "track" ? Number(message.properties["number"]) : Number.NaN

/** The number of the message with an id. */
export const numberIn = (id: string): number => Number(id.slice(1))

export const idOf = (number: number): string => `m${number}`
