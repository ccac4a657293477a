import type * as Description from "@trackmap/core/Description"
import type * as Message from "@trackmap/core/Message"
import * as Plan from "@trackmap/core/Plan"
import * as TrackedEvent from "@trackmap/core/TrackedEvent"
import * as JsonPointer from "effect/JsonPointer"
import type { Json } from "effect/Schema"
import * as json from "./json.ts"
import { masked } from "./protocol.ts"
import * as search from "./search.ts"

/**
 * The traits that Segment reserves and that identify a person (Segment Spec, "Identify", "Traits"). They are always masked, because
 * `identify` accepts any traits, and no definition marks them.
 */
const reserved: ReadonlySet<string> = new Set(
  [
    "address",
    "age",
    "avatar",
    "birthday",
    "description",
    "email",
    "firstName",
    "gender",
    "lastName",
    "name",
    "phone",
    "title",
    "username",
    "website"
  ].map((name) => folded(name))
)

/** Services write both `first_name` and `firstName`. */
function folded(key: string): string {
  return key.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")
}

/** The maximum number of different texts to search for. Above it, every text and every number is masked. */
const most = 200
/** A sink may cut a long text, so its start identifies it. */
const telling = json.beyond
const identifier = /^[\p{L}_$][\p{L}\p{N}_$ ]*$/u

/** All personal values of one message, to find them wherever a sink has put them, under any name. */
class Secrets {
  readonly #exact = new Set<string>()
  readonly #names = new Set<string>()
  readonly #search: (text: string) => ReadonlyArray<search.Span>
  #collected = new Set<string>()
  #all = false

  constructor(values: ReadonlyArray<unknown>) {
    const leaves: json.Leaves = {
      text: (text) => (this.#add(text), text),
      number: (number) => (this.#add(String(number)), number),
      // `{ "address": { "city": … } }`: the name of a part reveals nothing, but a key can be anything.
      key: (key) => {
        if (identifier.test(key)) this.#names.add(folded(key))
        else this.#add(key)
        return key
      }
    }
    json.copy(values, leaves, Number.POSITIVE_INFINITY)
    this.#all = this.#collected.size > most
    this.#search = search.make(this.#all ? [] : [...this.#collected])
    this.#collected = new Set()
  }

  #add(text: string): void {
    if (text === "" || this.#collected.size > most) return
    const trimmed = text.trim()
    // A longer text is found by its start.
    if (trimmed.length < telling) this.#exact.add(trimmed.toLowerCase())
    if (trimmed.length < 3) return
    // The case of a character can depend on the next one.
    const start = trimmed.slice(0, 2 * telling).toLowerCase()
    for (const written of writings(start)) this.#collected.add(written.slice(0, telling))
  }

  readonly text = (text: string): string => {
    if (text === "") return text
    if (this.#all) return masked
    const lower = text.toLowerCase()
    if (this.#exact.has(lower.trim())) return masked
    const found = this.#search(lower)
    if (found.length === 0) return text
    // A text that is longer than its start, or whose length changes with its case, cannot be cut out.
    if (lower.length !== text.length || found.some(({ longest }) => longest >= telling)) return masked
    let at = 0
    const rest: Array<string> = []
    for (const { end, start } of found) {
      rest.push(text.slice(at, start))
      at = end
    }
    return [...rest, text.slice(at)].join(masked)
  }

  readonly number = (number: number): Json =>
    this.#all || this.#exact.has(String(number).toLowerCase()) ? masked : number

  readonly key = (key: string): string => (this.#names.has(folded(key)) ? masked : this.text(key))
}

/** The forms of a text within another one: a JSON body, an address. */
const writings = (text: string): ReadonlyArray<string> => {
  const escaped = JSON.stringify(text).slice(1, -1)
  return [text, escaped, encodeURIComponent(text.toWellFormed()).toLowerCase()]
}

type Values = Readonly<Record<string, unknown>>

const isValues = (value: unknown): value is Values => typeof value === "object" && value !== null

/** The message's properties or traits. */
export const valuesOf = (message: Message.Message): Values => {
  const { properties, traits } = message as { readonly properties?: unknown; readonly traits?: unknown }
  return isValues(properties) ? properties : isValues(traits) ? traits : {}
}

/** The secrets of a message, and the message without them. */
export class Masked implements json.Leaves {
  readonly #message: Message.Message
  readonly #isPersonal: (key: string) => boolean
  readonly #isPersonalTrait: (key: string) => boolean
  readonly #isPersonalContext: (key: string) => boolean
  readonly #secrets: Secrets

  constructor(
    message: Message.Message,
    isPersonal: (key: string) => boolean,
    isPersonalTrait: (key: string) => boolean,
    isPersonalContext: (key: string) => boolean
  ) {
    this.#message = message
    this.#isPersonalContext = isPersonalContext
    this.#isPersonal = isPersonal
    this.#isPersonalTrait = isPersonalTrait
    const context = isValues(message.context) ? message.context : {}
    const values = [...this.#secretsOf(valuesOf(message), isPersonal)]
    if (isValues(context["traits"])) values.push(...this.#secretsOf(context["traits"], isPersonalTrait))
    values.push(...this.#secretsOf(context, isPersonalContext))
    this.#secrets = new Secrets(values)
  }

  *#secretsOf(values: Values, isPersonal: (key: string) => boolean): Iterable<unknown> {
    for (const key in values) if (isPersonal(key)) yield values[key]
  }

  /** Whether a key contains personal data. */
  isPersonal(key: string): boolean {
    return this.#isPersonal(key)
  }

  get text(): (text: string) => string {
    return this.#secrets.text
  }
  get number(): (number: number) => Json {
    return this.#secrets.number
  }
  get key(): (key: string) => string {
    return this.#secrets.key
  }

  /** Masks anything that a sink made from the message. */
  json(value: unknown): Json {
    return json.copy(value, this)
  }

  /** Masks the value of one of the message's own keys. A number stays unless its key is personal. */
  value(key: string, value: unknown): Json {
    return this.isPersonal(key) ? masked : json.copy(value, this.#own)
  }

  get #own(): json.Leaves {
    return { text: this.#secrets.text, number: (number) => number, key: this.#secrets.text }
  }

  #values(values: Values, isPersonal: (key: string) => boolean): Values {
    return Object.fromEntries(Object.keys(values).map((key) => [key, isPersonal(key) ? masked : values[key]]))
  }

  #shown(section: string, value: unknown): unknown {
    if (!isValues(value)) return value
    if (section === "properties" || section === "traits") return this.#values(value, this.#isPersonal)
    if (section !== "context") return value
    const shown = this.#values(value, this.#isPersonalContext)
    const { traits } = shown
    return isValues(traits) ? { ...shown, traits: this.#values(traits, this.#isPersonalTrait) } : shown
  }

  get message(): Json {
    const { messageId, timestamp, type, ...rest } = this.#message
    const shown = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, this.#shown(key, value)]))
    const copied = json.copy(shown, this.#own)
    return { type, messageId, timestamp: String(timestamp), ...(copied as object) } as Json
  }

  /** The start of its values as JSON. */
  start(length: number): string {
    const values = valuesOf(this.#message)
    let shown: Values = {}
    try {
      shown = this.#values(values, this.#isPersonal)
    } catch {
      // A value that throws when read has no text.
    }
    return json.start(shown, this.#own, length)
  }
}

const foldedOf = (event: TrackedEvent.Any): ReadonlySet<string> =>
  new Set(Array.from(TrackedEvent.personalKeys(event), folded))

const personalIn = (keys: ReadonlyArray<Description.Key>): ReadonlyArray<string> =>
  keys.filter(({ personal }) => personal).map(({ key }) => folded(key))

/** Whether a key contains personal data. */
export type IsPersonal = (key: string) => boolean

const either =
  (one: IsPersonal, other: IsPersonal): IsPersonal =>
  (key) =>
    one(key) || other(key)

/** The keys of a section in which an envelope's paths lie. */
const keysIn = (section: string, paths: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(
    paths
      .filter((path) => path.startsWith(`${section}/`))
      .map((path) => folded(JsonPointer.unescapeToken(path.slice(section.length + 1).split("/")[0]!)))
  )

/** Whether a key of a section is personal by an envelope's paths. The path of the section itself marks all keys. */
const isIn = (section: string, paths: ReadonlyArray<string>): IsPersonal => {
  if (paths.includes(section)) return () => true
  const keys = keysIn(section, paths)
  return (key) => keys.has(folded(key))
}

/** What the plan says of keys. */
const personalOf = (plan: Plan.Plan | undefined) => {
  const calls = plan === undefined ? [] : (Plan.describe(plan).calls ?? [])
  const every = new Set([
    ...Object.values(plan?.events ?? {}).flatMap((event) => Array.from(foldedOf(event))),
    ...calls.flatMap(({ keys }) => personalIn(keys))
  ])
  const isTrait: IsPersonal = (key) => {
    const name = folded(key)
    return every.has(name) || reserved.has(name)
  }
  return { every, isTrait }
}

/** Tells the personal keys of a plan: of one of its events, of the traits of people and groups, and of anything else. */
export const ofPlan = (
  plan: Plan.Plan | undefined
): {
  readonly keyOf: (event: TrackedEvent.Any) => IsPersonal
  readonly trait: IsPersonal
  readonly key: IsPersonal
} => {
  const { every, isTrait } = personalOf(plan)
  return {
    keyOf: (event) => {
      const personal = foldedOf(event)
      return (key) => personal.has(folded(key))
    },
    trait: isTrait,
    key: (key) => every.has(folded(key))
  }
}

const traitsOfContext = "/context/traits"

/**
 * Finds the personal data in any message of a plan, and in the message of an envelope, whose personal paths count as well. An envelope whose service
 * knew no definition (`/properties`) is masked by the plan's, if it has one, and otherwise as a whole.
 */
export const make = (
  plan: Plan.Plan | undefined
): ((message: Message.Message, event: TrackedEvent.Any | undefined, personal?: ReadonlyArray<string>) => Masked) => {
  const { calls = [], context = [] } = plan === undefined ? {} : Plan.describe(plan)
  const declared: ReadonlySet<string> = new Set(calls.map(({ call }) => call))
  const { every, isTrait } = personalOf(plan)
  const inContext = new Set(["ip", ...personalIn(context)])
  const isContext = (key: string): boolean => inContext.has(folded(key))
  const byEvent = new WeakMap<TrackedEvent.Any, ReadonlySet<string>>()
  const keysOf = (event: TrackedEvent.Any): ReadonlySet<string> => {
    const known = byEvent.get(event) ?? foldedOf(event)
    byEvent.set(event, known)
    return known
  }
  const isValue = (message: Message.Message, event: TrackedEvent.Any | undefined): IsPersonal => {
    if ("traits" in message) return isTrait
    const personal = event === undefined ? every : keysOf(event)
    return (key) => personal.size > 0 && personal.has(folded(key))
  }
  return (message, event, paths = []) => {
    const own = isValue(message, event)
    if (paths.length === 0) return new Masked(message, own, isTrait, isContext)
    const section = "traits" in message ? "/traits" : "/properties"
    const isDeclared = event !== undefined || declared.has(message.type)
    const known = isDeclared ? paths.filter((path) => path !== section) : paths
    const outside = paths.filter((path) => !path.startsWith(`${traitsOfContext}/`))
    return new Masked(
      message,
      either(own, isIn(section, known)),
      either(isTrait, isIn(traitsOfContext, paths)),
      either(isContext, isIn("/context", outside))
    )
  }
}
