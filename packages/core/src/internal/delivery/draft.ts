/** A draft is a call's message, made when the call is made, so that later changes by the caller do not affect it. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type { Actor } from "../../Actor.ts"
import * as Message from "../../Message.ts"
import { clean } from "../base/cleanJson.ts"
import { Json } from "../base/jsonText.ts"
import { absent } from "../base/codec.ts"
import type { MessageShape } from "../event/messageShape.ts"
import { isConsent } from "../sink/consent.ts"
import { invalidRow } from "../base/fault.ts"
import { codeLike } from "../base/issuePlace.ts"
import * as isoTime from "../base/isoTime.ts"
import { mergeContexts } from "../base/mergeContexts.ts"
import { type MaybeMisspelt, Misspelt, misspelt, spellings } from "../base/misspelt.ts"
import { type Tolerated, Tolerance } from "../value/tolerance.ts"
import type { CallOptions } from "./model.ts"
import * as spans from "./spans.ts"

type Type = Message.Message["type"]

/** A call's options for its message. */
export interface CallFields<T extends Type> {
  readonly type: T
  readonly [key: string]: unknown
}

/** The part of a message that does not come from the call's options. */
export interface Moment {
  messageId: string
  timestamp: string
  userId?: string
  anonymousId?: string
  context?: Record<string, unknown>
  integrations?: unknown
}

export type Draft<T extends Type> = CallFields<T> & Moment

export type MessageOf<T extends Type> = Extract<Message.Message, { readonly type: T }>

/** Collects the violations of a call. */
export class Findings {
  /** The event's name, or the type of the call. */
  readonly name: string
  readonly #shape: MessageShape | undefined
  #tolerance: Tolerance | undefined

  constructor(name: string, shape?: MessageShape) {
    this.name = name
    this.#shape = shape
  }

  get found(): ReadonlyArray<Tolerated> {
    return this.#tolerance?.found ?? nothing
  }

  add(path: string, expected: string, value: unknown): void {
    this.#tolerance ??= new Tolerance(false)
    this.#tolerance.add(invalidRow(this.name, `${this.name}.${path}`, expected, value), false)
  }

  /** The JSON of a value. In the first `depth` levels, it leaves out keys whose values have none. */
  clean(value: unknown, path: string, depth: number): unknown {
    return clean(value, path, depth, (omitted, of) => this.add(this.#placeOf(omitted), "a JSON value", of))
  }

  /** Names a key if a definition declares it, or if it looks like a name in code. Any other key may be personal data. */
  #placeOf(path: string): string {
    const dot = path.indexOf(".")
    if (dot < 0) return path
    const [field, key] = [path.slice(0, dot), path.slice(dot + 1)]
    const declared = field === "context" ? this.#shape?.context : this.#shape?.values
    return declared?.keys.has(key) === true || codeLike.test(key) ? path : `${field}.*`
  }
}

const nothing: ReadonlyArray<Tolerated> = []

/** A call at the moment it is made. */
interface Made {
  readonly context: Context.Context<never>
  readonly actor: Actor
  readonly options: CallOptions | undefined
}

/** Adds the moment of a call to its fields: id, time, actor, contexts and plan version. */
export const complete = <T>(fields: T, made: Made, findings: Findings, planVersion?: () => string): T & Moment => {
  const { actor, context, options } = made
  const draft = fields as T & Moment
  const now = isoTime.nowOf(Context.get(context, Clock.Clock))
  draft.messageId = idOf(options?.messageId, "messageId", findings) ?? Message.nextId(now)
  draft.timestamp = timestampOf(options?.timestamp, findings) ?? isoTime.of(now)
  const userId = idOf(actor.userId, "userId", findings)
  if (userId !== undefined) draft.userId = userId
  const anonymousId = idOf(actor.anonymousId, "anonymousId", findings)
  if (anonymousId !== undefined) draft.anonymousId = anonymousId
  check(actor, options, findings)
  const span = spans.spanContextOf(context)
  const given = mergeContexts(actor.context, options?.context)
  if (span !== undefined || given !== undefined) draft.context = contextOf({ ...span, ...given }, findings)
  if (planVersion !== undefined) (draft.context ??= {})["trackingPlan"] ??= { version: planVersion() }
  if (options?.integrations !== undefined) integrate(draft, options.integrations, findings)
  return draft
}

const check = (actor: Actor, options: CallOptions | undefined, findings: Findings): void => {
  if (!isConsent(actor.consent ?? "all")) findings.add("consent", '"all" or a Set of purposes', actor.consent)
  if (Misspelt in actor || options !== undefined) checkNames(actor, options, findings)
}

const names = spellings("messageId", "timestamp", "context", "integrations")

const checkNames = (actor: Actor & MaybeMisspelt, options: CallOptions | undefined, findings: Findings): void => {
  if (actor[Misspelt] !== undefined) findings.add("actor", actor[Misspelt], actor)
  const wrong = misspelt(options, names)
  if (wrong !== undefined) findings.add("options", wrong, options)
}

const integrate = (draft: Moment, given: unknown, findings: Findings): void => {
  const integrations = findings.clean(given, "integrations", 1)
  if (integrations !== absent) draft.integrations = integrations
}

/** An id as a string, since untyped code passes numbers, which vendors refuse. An empty id counts as missing. */
export const idOf = (given: unknown, name: string, findings: Findings): string | undefined => {
  if (given === undefined || given === null || given === "") return undefined
  return typeof given === "string" ? given : textOf(given, name, findings)
}

const textOf = (given: unknown, name: string, findings: Findings): string | undefined => {
  findings.add(name, "a string", given)
  const json = typeof given === "bigint" ? given : clean(given, name, 0, () => {})
  return typeof json === "object" || typeof json === "symbol" || json === "" ? undefined : String(json)
}

const timestampOf = (given: unknown, findings: Findings): string | undefined =>
  given === undefined || typeof given === "string" ? given : timeOf(given, findings)

const timeOf = (given: unknown, findings: Findings): string | undefined => {
  if (given instanceof Date && !Number.isNaN(given.getTime())) return given.toISOString()
  findings.add("timestamp", "a valid Date", given)
  return undefined
}

/** A copy, since the actor's context may change. */
const contextOf = (given: Readonly<Record<string, unknown>>, findings: Findings): Record<string, unknown> => {
  const context: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    const json = typeof value === "string" ? value : findings.clean(value, `context.${key}`, 0)
    if (json !== absent) context[key] = json
  }
  return context
}

/** The ids that their calls require. */
const ids: ReadonlySet<string> = new Set(["groupId", "previousId"])

/** Whether a call lacks its required id, without which no vendor can use it. */
export const lacksId = (message: object, findings: Findings): boolean => {
  for (const key of ids) {
    if (!(key in message) || (message as Record<string, unknown>)[key] !== "") continue
    findings.add(key, "an id that is not empty", "")
    return true
  }
  return false
}

/** The fields of a call. The values of a page or a screen belong under `properties`; any beside them are a violation. */
export const fieldsOf = (
  type: Type,
  call: Readonly<Record<string, unknown>>,
  findings: Findings
): Readonly<Record<string, unknown>> => {
  if (type !== "page" && type !== "screen") return call
  const { category, name, properties = {}, ...others } = call
  if (Object.values(others).some((value) => value !== undefined)) {
    findings.add("*", "category and properties alone: its values go into properties", others)
  }
  return { name, category, properties }
}

/** Copies the fields of a call, without values that have no JSON. */
export const cleanFields = <T extends Type>({ type, ...given }: CallFields<T>, findings: Findings): CallFields<T> => {
  const fields: Record<string, unknown> = { type }
  for (const [key, value] of Object.entries(given)) {
    const json =
      ids.has(key) && typeof value !== "string" ? (idOf(value, key, findings) ?? "") : findings.clean(value, key, 1)
    if (json !== absent) fields[key] = json
  }
  return fields as CallFields<T>
}

/** A message from elsewhere, with its ids as strings. An empty id counts as missing. */
export const identified = (given: unknown, findings: Findings): unknown => {
  if (typeof given !== "object" || given === null) return given
  const message: Record<string, unknown> = { ...given }
  for (const key of ["messageId", "userId", "anonymousId", "groupId", "previousId"]) {
    const id = message[key]
    if (typeof id === "number" || typeof id === "bigint") message[key] = idOf(id, key, findings)
    if ((id === "" || id === null) && !ids.has(key)) delete message[key]
  }
  return message
}

/** Whether a draft is a valid message, that is, has JSON. Keeps the JSON for sending. */
export const hasJson = <T extends Type>(draft: Draft<T>): draft is Draft<T> & MessageOf<T> =>
  Json.attempt(draft) !== undefined
