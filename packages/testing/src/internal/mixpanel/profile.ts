import { isDeepStrictEqual } from "node:util"
import type { Message } from "../../Fault.ts"
import { bytesOf, isRecord } from "../server/json.ts"
import type { Failure } from "./import.ts"

export type Endpoint = "engage" | "groups"

const updateBytes = 1_000_000

type Properties = Record<string, unknown>

interface Operation {
  readonly endpoints: ReadonlyArray<Endpoint>
  readonly takes: (argument: unknown) => boolean
  readonly apply: (properties: Properties, argument: any) => Properties | undefined
}

const both: ReadonlyArray<Endpoint> = ["engage", "groups"]

const recordOf =
  (takes: (value: unknown) => boolean) =>
  (argument: unknown): boolean =>
    isRecord(argument) && Object.values(argument).every(takes)

const changed = (
  properties: Properties,
  argument: Message,
  f: (before: unknown, value: any) => unknown
): Properties => {
  const entries = Object.entries(argument).map(([key, value]) => [key, f(properties[key], value)] as const)
  return { ...properties, ...Object.fromEntries(entries.filter(([, value]) => value !== undefined)) }
}

const listOf = (before: unknown): ReadonlyArray<unknown> | undefined =>
  before === undefined ? [] : Array.isArray(before) ? before : undefined

const union = (before: ReadonlyArray<unknown>, values: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const after = [...before]
  for (const value of values) if (!after.some((each) => isDeepStrictEqual(each, value))) after.push(value)
  return after
}

const operations: Readonly<Record<string, Operation>> = {
  $set: { endpoints: both, takes: isRecord, apply: (properties, argument) => ({ ...properties, ...argument }) },
  $set_once: { endpoints: both, takes: isRecord, apply: (properties, argument) => ({ ...argument, ...properties }) },
  $add: {
    endpoints: ["engage"],
    takes: recordOf((value) => typeof value === "number"),
    apply: (properties, argument) =>
      changed(properties, argument, (before = 0, value) => (typeof before === "number" ? before + value : before))
  },
  $append: {
    endpoints: ["engage"],
    takes: isRecord,
    apply: (properties, argument) =>
      changed(properties, argument, (before, value) => {
        const list = listOf(before)
        return list === undefined ? before : [...list, value]
      })
  },
  $union: {
    endpoints: both,
    takes: recordOf(Array.isArray),
    apply: (properties, argument) =>
      changed(properties, argument, (before, values) => {
        const list = listOf(before)
        return list === undefined ? before : union(list, values)
      })
  },
  $remove: {
    endpoints: both,
    takes: isRecord,
    apply: (properties, argument) =>
      changed(properties, argument, (before, value) =>
        Array.isArray(before) ? before.filter((each) => !isDeepStrictEqual(each, value)) : before
      )
  },
  $unset: {
    endpoints: both,
    takes: (argument) => Array.isArray(argument) && argument.every((name) => typeof name === "string"),
    apply: (properties, names: ReadonlyArray<string>) =>
      Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)))
  },
  $delete: { endpoints: both, takes: () => true, apply: () => undefined }
}

/** The subject of an update: one profile, or one group of a kind. */
const keysOf = (endpoint: Endpoint): ReadonlyArray<string> =>
  endpoint === "engage" ? ["$distinct_id"] : ["$group_key", "$group_id"]

/** The operations of an update, in their order; a profile is deleted last. */
const operationsOf = (update: Message): ReadonlyArray<string> => {
  const names = Object.keys(update).filter((name) => Object.hasOwn(operations, name))
  return [...names.filter((name) => name !== "$delete"), ...names.filter((name) => name === "$delete")]
}

const isId = (u: unknown): boolean => (typeof u === "string" && u !== "") || typeof u === "number"

/** The first rule that an update breaks. */
export const validate = (endpoint: Endpoint, update: unknown): Failure | undefined => {
  if (!isRecord(update)) return { field: "", message: "an update must be an object" }
  if (bytesOf(update) > updateBytes) return { field: "", message: `an update must be at most ${updateBytes} bytes` }
  const missing = ["$token", ...keysOf(endpoint)].find((key) => !isId(update[key]))
  if (missing !== undefined) return { field: missing, message: `'${missing}' is required` }
  const names = operationsOf(update)
  if (names.length === 0) return { field: "", message: `not an operation of /${endpoint}` }
  for (const name of names) {
    const { endpoints, takes } = operations[name]!
    if (!endpoints.includes(endpoint)) return { field: name, message: `not an operation of /${endpoint}` }
    if (!takes(update[name])) return { field: name, message: `'${name}' is invalid` }
  }
  return undefined
}

export type Profiles = Map<string, Readonly<Properties>>

/** Applies all operations of a valid update to the profiles that it is one of. */
export const apply = (profiles: Profiles, id: string, update: Message): void => {
  for (const name of operationsOf(update)) {
    const after = operations[name]!.apply(profiles.get(id) ?? {}, update[name])
    if (after === undefined) profiles.delete(id)
    else profiles.set(id, after)
  }
}
