/**
 * What a destination's package knows of tracking plans: formats to write a plan in, and what the destination does not take. A package exports its own as
 * `support` of its module `PlanSupport`, and the command `trackmap` uses it in each project that depends on the package.
 *
 * @module
 */
import * as Hash from "effect/Hash"
import type * as Description from "./Description.ts"
import * as planVersion from "./internal/event/planVersion.ts"

/** What a format cannot express. */
export interface Loss {
  /** The event, the entity or the call. */
  readonly name: string
  readonly key?: string
  /** The part that is left out, such as "the pattern ^a$": it completes "the file does not have". */
  readonly what: string
}

/** A plan in a format: files by path, with slashes between folders, and what is not in them. */
export interface Exported {
  readonly files: ReadonlyMap<string, string>
  readonly losses: ReadonlyArray<Loss>
}

/** What has keys: an event, or a call whose traits or properties the plan declares. Default: an event. */
export type Kind = "event" | "call"

/** What is known of a plan beside its description. */
export interface Settings {
  /** What the plan is called there: the name of a tracking plan, or the vendor `com.acme` of Snowplow's schemas. Undefined if nobody has said it. */
  readonly name?: string | undefined
  /** The version of an event, a call or an entity in SchemaVer (`1-0-0`), from the lock file. */
  readonly versionOf: (name: string, kind?: Kind | "entity") => string | undefined
  /** The place of the column of a key, from the lock file: keys that are added later come behind those that there were. */
  readonly placeOf: (name: string, key: string, kind?: Kind) => number | undefined
}

/** A format. `write` throws `PlanSupportError` if it lacks a setting or cannot write the plan. */
export interface Format {
  /** The argument of `trackmap export`, such as `segment`. */
  readonly name: string
  /** A line for the list of formats. */
  readonly description: string
  readonly write: (plan: Description.Plan, settings: Settings) => Exported
}

/** What a destination does not take of a plan. */
export interface Finding {
  /** The event, or the call whose keys the plan declares: `identify`. */
  readonly event: string
  /** A key of it, if it is one. */
  readonly key?: string
  readonly what: string
  readonly remedy: string
}

/** A rule of a destination's, which `trackmap check` runs. */
export interface Rule {
  /** Begins with the destination: `mixpanel-limits`, `mixpanel-reserved`. The annotation `allow` exempts from it by this name. */
  readonly name: string
  readonly find: (plan: Description.Plan) => ReadonlyArray<Finding>
}

/** What a destination's package knows of tracking plans. */
export interface PlanSupport {
  readonly formats: ReadonlyArray<Format>
  readonly rules: ReadonlyArray<Rule>
}

/** Settings without a name and without a lock file: keys are in the order of the definition. */
export const noSettings: Settings = { versionOf: () => undefined, placeOf: () => undefined }

/** What has keys: an event, or a call whose traits or properties the plan declares. */
export interface Subject {
  readonly kind: Kind
  readonly name: string
  readonly annotations: Description.Annotations
  readonly keys: ReadonlyArray<Description.Key>
}

/** Whether the keys are traits, of a user or of a group, and not properties. */
export const areTraits = ({ kind, name }: Pick<Subject, "kind" | "name">): boolean =>
  kind === "call" && (name === "identify" || name === "group")

/** The events of a plan, in its order, and then the calls. Traits are optional, since a call may leave them out. */
export const subjectsOf = ({ calls = [], events }: Description.Plan): ReadonlyArray<Subject> => [
  ...events.map((event): Subject => {
    const keys = event.nodes.flatMap(({ keys }) => keys)
    return { kind: "event", name: event.name, annotations: event, keys }
  }),
  ...calls.map(({ call, keys: declared }): Subject => {
    const subject = { kind: "call", name: call, annotations: {} } as const
    const keys = areTraits(subject) ? declared.map((key) => ({ ...key, optional: true })) : declared
    return { ...subject, keys }
  })
]

type Places = Pick<Settings, "placeOf">

const ordered = (
  keys: ReadonlyArray<Description.Key>,
  placeOf: (key: string) => number | undefined
): ReadonlyArray<Description.Key> =>
  keys
    .map((key) => ({ key, place: placeOf(key.key) ?? Infinity }))
    .toSorted((a, b) => (a.place === b.place ? 0 : a.place - b.place))
    .map(({ key }) => key)

/** The keys of an event in the order of their columns. Keys without a place come last. */
export const inOrder = ({ name, nodes }: Description.Event, { placeOf }: Places): ReadonlyArray<Description.Key> =>
  ordered(
    nodes.flatMap(({ keys }) => keys),
    (key) => placeOf(name, key)
  )

/** The keys that a plan declares for a call, in the order of their columns. */
export const inOrderOfCall = (
  { call, keys }: NonNullable<Description.Plan["calls"]>[number],
  { placeOf }: Places
): ReadonlyArray<Description.Key> => ordered(keys, (key) => placeOf(call, key, "call"))

/**
 * The version of a plan by its description: what `Plan.version` returns, and envelopes contain.
 *
 * @example
 * ```ts
 * import { Plan, PlanSupport, TrackedEvent } from "@trackmap/core"
 *
 * const plan = Plan.make(TrackedEvent.make("signedIn"))
 * console.log(PlanSupport.versionOf(Plan.describe(plan)) === Plan.version(plan)) // true
 * ```
 */
export const versionOf = (plan: Description.Plan): string => planVersion.ofDescription(plan)

/** The annotations that a format can lack. */
export type Annotation = "description" | "owner" | "tags" | "since" | "deprecated" | "examples"

/** The loss of the annotations that a format has not, if a part has any of them. */
export const lost = (
  of: Pick<Loss, "name" | "key">,
  annotations: Description.Annotations,
  lacking: ReadonlyArray<Annotation>
): ReadonlyArray<Loss> => {
  const there = lacking.filter((one) => annotations[one] !== undefined)
  return there.length === 0 ? [] : [{ ...of, what: `its ${there.join(", ")}` }]
}

/** The loss of a format that has no place for the keys of the context, if the plan declares any. */
export const lostContext = ({ context = [] }: Description.Plan): ReadonlyArray<Loss> =>
  context.length === 0 ? [] : [{ name: "the context", what: "its declared keys" }]

/** Names that Windows has for devices. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

const plain = (name: string): string => {
  const text = name.replaceAll(/[^\p{L}\p{N}_-]+/gu, "-").replaceAll(/^-+|-+$/g, "")
  return devices.test(text) || text === "" ? `_${text}` : Array.from(text).slice(0, 80).join("")
}

const alike = (name: string): string => name.normalize("NFC").toLowerCase()

const hashOf = (name: string): string => (Hash.string(name) >>> 0).toString(16).padStart(8, "0")

/**
 * A name of a file for each name, without an extension. Names that would be one file, on a disk that ignores case, or that lose letters, end with
 * a hash.
 *
 * @example
 * ```ts
 * import { PlanSupport } from "@trackmap/core"
 *
 * console.log([...PlanSupport.fileNames(["Order Placed", "paid", "Paid"]).values()]) // [ "Order-Placed", "paid-3c6afc79", "Paid-3c6afc59" ]
 * ```
 */
export const fileNames = (names: ReadonlyArray<string>): ReadonlyMap<string, string> => {
  const distinct = [...new Set(names)]
  const same = Map.groupBy(distinct, (name) => alike(plain(name)))
  const taken = new Set<string>()
  return new Map(
    distinct.map((name) => {
      const text = plain(name)
      let file = same.get(alike(text))!.length === 1 ? text : `${text}-${hashOf(name)}`
      for (let count = 2; taken.has(alike(file)); count++) file = `${text}-${hashOf(name)}-${count}`
      taken.add(alike(file))
      return [name, file]
    })
  )
}
