import type * as Description from "@trackmap/core/Description"

/** A key of an event or of a call, as a source has it. */
export interface Key {
  readonly key: string
  readonly type: Description.JsonType
  readonly optional: boolean
  readonly personal: boolean
  readonly annotations: Description.Annotations
}

/** An event as a source has it. */
export interface Event {
  readonly name: string
  readonly annotations: Description.Annotations
  readonly keys: ReadonlyArray<Key>
}

export const callNames = ["identify", "group", "page", "screen"] as const
export type CallName = (typeof callNames)[number]

/** A call whose traits or properties a source has. */
export interface Call {
  readonly call: CallName
  readonly keys: ReadonlyArray<Key>
}

/** Something of a source that the code does not have as it is. */
export interface NotTaken {
  /** The event, the call or the file. */
  readonly name: string
  readonly key?: string
  /** Such as "the keyword not". */
  readonly what: string
}

/** What a source has, in terms of a plan. */
export interface Source {
  readonly events: ReadonlyArray<Event>
  readonly calls: ReadonlyArray<Call>
  readonly notTaken: ReadonlyArray<NotTaken>
}

/** The files of a source by name. */
export interface File {
  readonly name: string
  readonly value: unknown
}

export type Json = { readonly [keyword: string]: unknown }

export const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** An own property: sources can have keys such as `constructor`. */
export const at = (value: Json, name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined)

/** A text with something in it. */
export const textAt = (value: Json, name: string): string | undefined => {
  const text = at(value, name)
  return typeof text === "string" && text.trim() !== "" ? text : undefined
}

/** The values that are defined. */
export const present = <A extends object>(values: A): { [K in keyof A]?: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
