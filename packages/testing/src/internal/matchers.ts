import { EventSink, type Message, type TrackedEvent } from "@trackmap/core"
import { hasProperty } from "effect/Predicate"
import * as inMemory from "./inMemory.ts"

export type Values = Readonly<Record<string, unknown>>

/** The parts of a runner's matchers that these use: vitest's and Jest's `this`, or none. */
export interface Runner {
  /** Whether the matcher was called on `.not`. */
  readonly isNot: boolean
  readonly equals: (a: unknown, b: unknown) => boolean
  readonly text: (value: unknown) => string
}

export interface Result {
  readonly pass: boolean
  readonly message: () => string
}

/** The expectation of a matcher: messages of one kind, and some of their values. */
export interface Sought {
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
      "this matcher needs the result of InMemory.make, or its sink. A combinator returns a different sink, so pass the result of InMemory.make."
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

/** The keys whose values differ from the expectation. */
const differences = (runner: Runner, message: Message.Message, expected: Values): ReadonlyArray<string> => {
  const values = valuesOf(message)
  const own = (key: string): unknown => (Object.hasOwn(values, key) ? values[key] : undefined)
  return Object.keys(expected)
    .filter((key) => !runner.equals(own(key), expected[key]))
    .map((key) => {
      const [wanted, got] = [expected[key], own(key)].map((value) =>
        value === undefined ? "none" : runner.text(value)
      )
      return `  ${key}: expected ${wanted}, got ${got}`
    })
}

/** Looks for messages in the result of `InMemory.make`, or in its sink. */
export const look = (runner: Runner, given: unknown, sought: Sought): Result => {
  const messages = received(given)
  const like = messages
    .filter(sought.is)
    .map((message) => ({ message, wrong: differences(runner, message, sought.values) }))
  const found = like.filter(({ wrong }) => wrong.length === 0)
  const pass = sought.times === undefined ? found.length > 0 : found.length === sought.times
  return {
    pass,
    message: () => {
      const values = Object.keys(sought.values).length === 0 ? "" : ` with ${runner.text(sought.values)}`
      const often = sought.times === undefined ? "" : ` ${times(sought.times)}`
      const lines = [`expected the sink ${runner.isNot ? "not " : ""}${sought.what}${values}${often}`]
      if (found.length > 0) {
        lines.push(`but it has ${times(found.length)}: ${found.map(({ message }) => runner.text(message)).join(", ")}`)
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

export const tracked = (event: TrackedEvent.Any, values: Values = {}): Sought => ({
  what: `to have tracked ${event.name}`,
  is: (message) => message.type === "track" && message.event === event.name,
  values
})

export const identified = (userId: string, traits: Values = {}): Sought => ({
  what: `to have identified ${userId}`,
  is: (message) => message.type === "identify" && message.userId === userId,
  values: traits
})

export const grouped = (groupId: string, traits: Values = {}): Sought => ({
  what: `to have grouped ${groupId}`,
  is: (message) => message.type === "group" && message.groupId === groupId,
  values: traits
})

/** The matchers for `expect.extend`, of a runner whose `this` is a `State`. */
export const matchersOf = <State>(runnerOf: (state: State) => Runner) => ({
  toHaveTracked(this: State, given: unknown, event: TrackedEvent.Any, values?: Values) {
    return look(runnerOf(this), given, tracked(event, values))
  },
  toHaveTrackedTimes(this: State, given: unknown, event: TrackedEvent.Any, times: number, values?: Values) {
    return look(runnerOf(this), given, { ...tracked(event, values), times })
  },
  toHaveIdentified(this: State, given: unknown, userId: string, traits?: Values) {
    return look(runnerOf(this), given, identified(userId, traits))
  },
  toHaveGrouped(this: State, given: unknown, groupId: string, traits?: Values) {
    return look(runnerOf(this), given, grouped(groupId, traits))
  }
})
