import { EventSink, type Message, type TrackedEvent } from "@trackmap/core"
import { hasProperty } from "effect/Predicate"
import type { MatcherState, SyncMatcherResult } from "vitest"
import * as inMemory from "./inMemory.ts"

type Values = Readonly<Record<string, unknown>>

/** The expectation of a matcher: messages of one kind, and some of their values. */
interface Sought {
  /** As in "to have tracked orderPlaced". */
  readonly what: string
  readonly is: (message: Message.Message) => boolean
  readonly values: Values
  readonly times?: number
}

const received = (given: unknown): ReadonlyArray<Message.Message> => {
  const memory = EventSink.isEventSink(given) ? inMemory.sinks.get(given) : given
  if (!hasProperty(memory, "received") || !Array.isArray(memory.received)) {
    throw new TypeError(
      "this matcher needs the result of InMemory.make, or its sink. A combinator returns a different sink: pass the result of InMemory.make instead."
    )
  }
  return memory.received
}

const valuesOf = (message: Message.Message): Values =>
  "properties" in message ? message.properties : "traits" in message ? message.traits : {}

const nameOf = (message: Message.Message): string => {
  switch (message.type) {
    case "track":
      return message.event
    case "identify":
      return `identify of ${message.userId ?? message.anonymousId ?? "nobody"}`
    case "group":
      return `group ${message.groupId}`
    case "alias":
      return `alias of ${message.previousId}`
    default:
      return `${message.type} ${message.name ?? "without a name"}`
  }
}

/** The names of the messages that arrived, with their counts. */
const census = (messages: ReadonlyArray<Message.Message>): string => {
  const counts = new Map<string, number>()
  for (const message of messages) counts.set(nameOf(message), (counts.get(nameOf(message)) ?? 0) + 1)
  return counts.size === 0
    ? "nothing arrived"
    : `these arrived: ${[...counts].map(([name, count]) => (count === 1 ? name : `${name} (${count} times)`)).join(", ")}`
}

const times = (count: number): string => (count === 1 ? "once" : `${count} times`)

const text = (state: MatcherState, value: unknown): string => state.utils.stringify(value, undefined, { min: true })

/** The keys whose values differ from the expectation. */
const differences = (state: MatcherState, message: Message.Message, expected: Values): ReadonlyArray<string> => {
  const values = valuesOf(message)
  const own = (key: string): unknown => (Object.hasOwn(values, key) ? values[key] : undefined)
  return Object.keys(expected)
    .filter((key) => !state.equals(own(key), expected[key], [state.utils.iterableEquality]))
    .map((key) => {
      const [wanted, got] = [expected[key], own(key)].map((value) =>
        value === undefined ? "none" : text(state, value)
      )
      return `  ${key}: expected ${wanted}, got ${got}`
    })
}

const look = (state: MatcherState, given: unknown, sought: Sought): SyncMatcherResult => {
  const messages = received(given)
  const like = messages
    .filter(sought.is)
    .map((message) => ({ message, wrong: differences(state, message, sought.values) }))
  const found = like.filter(({ wrong }) => wrong.length === 0)
  const pass = sought.times === undefined ? found.length > 0 : found.length === sought.times
  return {
    pass,
    message: () => {
      const values = Object.keys(sought.values).length === 0 ? "" : ` with ${text(state, sought.values)}`
      const often = sought.times === undefined ? "" : ` ${times(sought.times)}`
      const lines = [`expected the sink ${state.isNot ? "not " : ""}${sought.what}${values}${often}`]
      if (found.length > 0) {
        lines.push(`but it has ${times(found.length)}: ${found.map(({ message }) => text(state, message)).join(", ")}`)
      }
      const nearest = like
        .filter(({ wrong }) => wrong.length > 0)
        .toSorted((a, b) => a.wrong.length - b.wrong.length)[0]
      if (!pass && nearest !== undefined) {
        lines.push(`the nearest message, ${nearest.message.messageId}, differs in`, ...nearest.wrong)
      }
      if (!pass) lines.push(census(messages))
      return lines.join("\n")
    }
  }
}

const tracked = (event: TrackedEvent.Any, values: Values = {}): Sought => ({
  what: `to have tracked ${event.name}`,
  is: (message) => message.type === "track" && message.event === event.name,
  values
})

export const matchers = {
  toHaveTracked(this: MatcherState, given: unknown, event: TrackedEvent.Any, values?: Values) {
    return look(this, given, tracked(event, values))
  },
  toHaveTrackedTimes(this: MatcherState, given: unknown, event: TrackedEvent.Any, times: number, values?: Values) {
    return look(this, given, { ...tracked(event, values), times })
  },
  toHaveIdentified(this: MatcherState, given: unknown, userId: string, traits: Values = {}) {
    return look(this, given, {
      what: `to have identified ${userId}`,
      is: (message) => message.type === "identify" && message.userId === userId,
      values: traits
    })
  },
  toHaveGrouped(this: MatcherState, given: unknown, groupId: string, traits: Values = {}) {
    return look(this, given, {
      what: `to have grouped ${groupId}`,
      is: (message) => message.type === "group" && message.groupId === groupId,
      values: traits
    })
  }
}
