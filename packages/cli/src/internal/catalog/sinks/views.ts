/** What each sink gets of each event, from examples that are passed through the sinks. */
import type * as Description from "@trackmap/core/Description"
import type * as EventSink from "@trackmap/core/EventSink"
import type { Message } from "@trackmap/core/Message"
import type { Json } from "effect/Schema"
import type { Treatment } from "../site/model.ts"
import type { Example } from "./example.ts"
import type { SinkView } from "./model.ts"

type Values = Readonly<Record<string, Json>>

const isValues = (given: Json | undefined): given is Values =>
  typeof given === "object" && given !== null && !Array.isArray(given)

const valuesOf = (message: Message): Values =>
  "properties" in message ? message.properties : "traits" in message ? message.traits : {}

/** A name without what its case decides. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")

/** The first record of a list, or the value itself. */
const recordIn = (value: Json | undefined): Json | undefined => (Array.isArray(value) ? value[0] : value)

const isHash = (value: Json): boolean =>
  Array.isArray(value)
    ? value.length > 0 && value.every(isHash)
    : typeof value === "string" && /^[\da-f]{64}$/.test(value)

/** A key whose personal parts alone are others is hashed or masked, and not changed. */
const treatmentOf = (key: Description.Key, before: Json, after: Json | undefined): Treatment | undefined => {
  if (after === undefined) return "dropped"
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined
  if (!key.personal) return "changed"
  if (isHash(after)) return "hashed"
  return before !== null && after === null ? "dropped" : "masked"
}

interface Found {
  readonly keys: Map<string, Treatment>
  readonly renamed: Map<string, string>
}

const compare = (
  to: Found,
  keys: ReadonlyArray<Description.Key>,
  before: Values,
  after: Values,
  inside: string
): void => {
  const names = new Map(Object.keys(after).map((name) => [plain(name), name]))
  for (const key of keys) {
    const name = inside + key.key
    const there = Object.hasOwn(after, key.key) ? key.key : names.get(plain(key.key))
    if (there !== undefined && there !== key.key) to.renamed.set(name, there)
    const [own, sent] = [before[key.key]!, there === undefined ? undefined : after[there]]
    const list = key.type._tag === "Array" ? key.type.items : key.type
    const [ownRecord, sentRecord] = [recordIn(own), recordIn(sent)]
    if (list._tag === "Record" && isValues(ownRecord) && isValues(sentRecord)) {
      const within = list.nodes.flatMap(({ keys }) => keys)
      compare(to, within, ownRecord, sentRecord, `${name}${Array.isArray(own) ? "[]." : "."}`)
      continue
    }
    const how = treatmentOf(key, own, sent)
    if (how !== undefined) to.keys.set(name, how)
  }
}

/** What the receipt of a message says that a share of the users does not send. */
export const unsampled = "not in the sample"

const nameOf = (message: Message): string | undefined => (message.type === "track" ? message.event : undefined)

/** What a sink gets of an example. `isShare` says that it takes only some users. */
export const viewOf = (
  { keys, message }: Example,
  { message: sent, outcome }: Pick<EventSink.Preview, "message" | "outcome">,
  isShare: boolean
): SinkView => {
  const found: Found = { keys: new Map(), renamed: new Map() }
  if (sent === undefined) {
    const reason = outcome._tag === "Delivered" ? "" : `${outcome._tag.toLowerCase()}: ${outcome.reason}`
    return { gets: "none", reason, ...found }
  }
  compare(found, keys, valuesOf(message), valuesOf(sent), "")
  const as = nameOf(sent)
  return { gets: isShare ? "some" : "all", ...(as !== undefined && as !== nameOf(message) && { as }), ...found }
}
