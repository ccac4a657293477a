import * as Message from "@trackmap/core/Message"
import type { Knowledge } from "./plan.ts"
import * as text from "./text.ts"

/** Replaces a personal value. */
export const mask = "•••"

type Style = "time" | "type" | "name" | "entity" | "key" | "value" | "hidden"

const codes: { readonly [S in Style]: readonly [on: number, off: number] | undefined } = {
  time: [2, 22],
  type: [36, 39],
  name: [1, 22],
  entity: [35, 39],
  key: [34, 39],
  value: undefined,
  hidden: [2, 22]
}

/** A piece of a line. Colours are added last, after cutting and escaping. */
type Piece = readonly [text: string, style: Style]

const paint = (pieces: ReadonlyArray<Piece>, colors: boolean): string =>
  pieces
    .map(([text, style]) => {
      const code = colors && text !== "" ? codes[style] : undefined
      return code === undefined ? text : `\u001B[${code[0]}m${text}\u001B[${code[1]}m`
    })
    .join("")

export interface Look {
  readonly knowledge: Knowledge
  readonly colors: boolean
  /** The maximum characters of a value. */
  readonly width: number
  /** The maximum characters of a compact line. */
  readonly line: number
}

interface Entry {
  readonly key: string
  readonly value: Piece
}

const valuesOf = (message: Message.Message): unknown => {
  const traits = text.read(message, "traits")
  return traits === undefined ? text.read(message, "properties") : traits
}

/** The values of a message, as printed. A message without an object of values has none. */
const entriesOf = (message: Message.Message, look: Look): ReadonlyArray<Entry> => {
  const values = valuesOf(message)
  if (typeof values !== "object" || values === null) return []
  const isPersonal = look.knowledge.isPersonal(message)
  return Object.keys(values).map((key) => {
    const value = text.read(values, key)
    return {
      key,
      value:
        value === mask || isPersonal(key)
          ? [mask, "hidden"]
          : // JSON leaves undefined out, but a developer who looks for the value wants to see it.
            [text.cut(text.json(value), look.width), "value"]
    }
  })
}

/** The time of day of an ISO time in UTC, to the millisecond; any other time unchanged. */
const timeOf = (timestamp: unknown): string => {
  const time = typeof timestamp === "string" ? /^[\d+-]+T(\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(timestamp) : null
  return time === null ? text.word(timestamp, false) : `${time[1]}.${(time[2] ?? "").slice(0, 3).padEnd(3, "0")}`
}

/** The subject of a message: an event, a page, a group or a previous id. */
const subjectOf = (message: Message.Message): ReadonlyArray<unknown> => {
  switch (message.type) {
    case "track":
      return [message.event]
    case "page":
    case "screen":
      return [message.category, message.name].filter((part) => part !== undefined)
    case "group":
      return [message.groupId]
    case "alias":
      return [message.previousId]
    default:
      return []
  }
}

const actorOf = (message: Message.Message): ReadonlyArray<readonly [who: string, id: unknown]> =>
  (
    [
      ["user", message.userId],
      ["anonymous", message.anonymousId]
    ] as const
  ).filter(([, id]) => id !== undefined)

/** The first pieces of both formats, which differ only in their separators. */
const headOf = (
  message: Message.Message,
  look: Look,
  spaced: boolean,
  who: (name: string, id: string) => string
): ReadonlyArray<Piece> => {
  const word = (value: unknown): string => text.cut(text.word(value, spaced), look.width)
  return [
    [text.cut(timeOf(message.timestamp), look.width), "time"],
    [word(message.type), "type"],
    ...subjectOf(message).map((subject): Piece => [word(subject), "name"]),
    ...actorOf(message).map(([name, id]): Piece => [who(name, word(id)), "value"])
  ]
}

const separated = (pieces: ReadonlyArray<Piece>, separator: string): ReadonlyArray<Piece> =>
  pieces.flatMap((piece, index): ReadonlyArray<Piece> => (index === 0 ? [piece] : [[separator, "value"], piece]))

/** A wider key does not move the values of its message to the right. */
const widestKey = 40

export const pretty = (message: Message.Message, look: Look): string => {
  const prefixOf = look.knowledge.prefixOf(message)
  const own: Array<Entry> = []
  const groups = new Map<string, Array<Entry>>()
  for (const entry of entriesOf(message, look)) {
    const prefix = prefixOf(entry.key)
    const short = { ...entry, key: prefix === undefined ? entry.key : entry.key.slice(prefix.length + 1) }
    if (prefix === undefined) own.push(short)
    else if (groups.has(prefix)) groups.get(prefix)!.push(short)
    else groups.set(prefix, [short])
  }
  const word = (value: string): string => text.cut(text.word(value, true), look.width)
  const rows = [
    ...own.map(({ key, value }) => ({ label: `  ${word(key)}`, style: "key" as const, value })),
    ...Array.from(groups, ([prefix, entries]) => [
      { label: `  ${word(prefix)}`, style: "entity" as const, value: undefined },
      ...entries.map(({ key, value }) => ({ label: `    ${word(key)}`, style: "key" as const, value }))
    ]).flat()
  ]
  const column = rows.reduce(
    (widest, { label, value }) =>
      value === undefined || label.length > widestKey ? widest : Math.max(widest, label.length),
    0
  )
  return [
    separated(
      headOf(message, look, true, (name, id) => `${name} ${id}`),
      "  "
    ),
    ...rows.map(({ label, style, value }): ReadonlyArray<Piece> =>
      value === undefined
        ? [[label, style]]
        : [[label, style], [" ".repeat(Math.max(0, column - label.length) + 2), "value"], value]
    )
  ]
    .map((pieces) => paint(pieces, look.colors))
    .join("\n")
}

/** Cuts a line of pieces. The rest of a cut piece keeps its colour. */
const cutLine = (pieces: ReadonlyArray<Piece>, width: number): ReadonlyArray<Piece> => {
  const whole = pieces.map(([text]) => text).join("")
  const cut = text.cut(whole, width)
  if (cut === whole) return pieces
  const end = cut.lastIndexOf("…")
  const out: Array<Piece> = []
  let start = 0
  for (const [text, style] of pieces) {
    if (start >= end) break
    out.push([text.slice(0, end - start), style])
    start += text.length
  }
  return [...out, [cut.slice(end), "hidden"]]
}

export const compact = (message: Message.Message, look: Look): string => {
  const head = headOf(message, look, false, (name, id) => `${name}=${id}`)
  const values = entriesOf(message, look).flatMap(({ key, value }): ReadonlyArray<Piece> => [
    [" ", "value"],
    [text.cut(text.word(key, false), look.width), "key"],
    ["=", "value"],
    value
  ])
  const pieces = separated(head, " ").concat(values)
  return paint(cutLine(pieces, look.line), look.colors)
}

/** Masks the user's traits in the context (Segment Spec, "Common Fields", `context.traits`). */
const maskContext = (context: unknown, masked: (values: unknown) => unknown): unknown => {
  if (typeof context !== "object" || context === null) return context
  const traits = text.read(context, "traits")
  const hidden = masked(traits)
  return hidden === traits ? context : { ...context, traits: hidden }
}

export const json = (message: Message.Message, look: Look): string => {
  const isPersonal = look.knowledge.isPersonal(message)
  /** Returns the same object if no value is personal. */
  const masked = (values: unknown): unknown => {
    if (typeof values !== "object" || values === null || !Object.keys(values).some(isPersonal)) return values
    return Object.fromEntries(Object.keys(values).map((key) => [key, isPersonal(key) ? mask : text.read(values, key)]))
  }
  const { context, properties, traits } = message as { readonly [key: string]: unknown }
  const shown = { traits: masked(traits), properties: masked(properties), context: maskContext(context, masked) }
  if (shown.traits === traits && shown.properties === properties && shown.context === context) {
    return text.json(message, Message.toJson)
  }
  const isShown = (key: string): key is keyof typeof shown => Object.hasOwn(shown, key)
  return text.json(
    Object.fromEntries(Object.entries(message).map(([key, value]) => [key, isShown(key) ? shown[key] : value]))
  )
}
