import type * as Description from "@trackmap/core/Description"
import * as Plan from "@trackmap/core/Plan"
import type * as Message from "@trackmap/core/Message"

/** The plan's knowledge of messages. */
export interface Knowledge {
  /** Whether a key of a message contains personal data. */
  readonly isPersonal: (message: Message.Message) => (key: string) => boolean
  /** The prefix of the entity that a key belongs to, or undefined for the event's own properties. */
  readonly prefixOf: (message: Message.Message) => (key: string) => string | undefined
}

/** `EventSink.recase` runs before this sink, so a recased key must still match. */
const folded = (key: string): string => key.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")

interface Known {
  readonly own: ReadonlySet<string>
  readonly prefixes: ReadonlyArray<string>
  readonly personal: ReadonlySet<string>
}

const knownOf = (events: ReadonlyArray<Description.Event>): Known => {
  const nodes = events.flatMap((event) => event.nodes)
  const keys = nodes.flatMap((node) => node.keys)
  return {
    own: new Set(keys.filter(({ kind }) => kind === "property").map(({ key }) => key)),
    // The longest first: `Order_item` before `Order`.
    prefixes: [...new Set(nodes.flatMap(({ prefix }) => prefix ?? []))].sort((a, b) => b.length - a.length),
    personal: new Set(keys.filter(({ personal }) => personal).map(({ key }) => folded(key)))
  }
}

const beforeUnderscore = (key: string): string | undefined => {
  const index = key.indexOf("_")
  return index > 0 && index < key.length - 1 ? key.slice(0, index) : undefined
}

export const of = (plan: Plan.Plan | undefined): Knowledge => {
  if (plan === undefined) return { isPersonal: () => () => false, prefixOf: () => beforeUnderscore }
  const { events } = Plan.describe(plan)
  const every = knownOf(events)
  const byName = new Map(events.map((event) => [event.name, knownOf([event])]))
  const about = (message: Message.Message): Known =>
    message.type === "track" ? (byName.get(message.event) ?? every) : every
  return {
    isPersonal: (message) => {
      const { personal } = about(message)
      return (key) => personal.size > 0 && personal.has(folded(key))
    },
    prefixOf: (message) => {
      const { own, prefixes } = about(message)
      return (key) =>
        own.has(key)
          ? undefined
          : prefixes.find((prefix) => key.length > prefix.length + 1 && key.startsWith(`${prefix}_`))
    }
  }
}
