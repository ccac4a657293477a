/**
 * Properties that a sink adds to an event's own, as text: it copies none of the event's. The event's own take precedence.
 *
 * @module
 */
import type { Values } from "./PropertyLimits.ts"

/** The properties that a sink adds to an event's own. */
export interface AddedProperties {
  /** Whether the event has its own property of this name. */
  readonly has: (name: string) => boolean
  /** Adds a value, unless the event has its own property of this name, or the value is undefined, null or an empty text. */
  readonly add: (name: string, value: unknown) => void
  /** Adds several values in the same way. */
  readonly addAll: (values: Readonly<Record<string, unknown>>) => void
  /** Adds a value, whatever the event has. */
  readonly put: (name: string, value: unknown) => void
  /** The JSON object of the event's own properties with those added, or undefined if its own are not an object. */
  readonly json: string | undefined
}

class Added implements AddedProperties {
  readonly #own: Values
  #text = ""

  constructor(own: Values) {
    this.#own = own
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#own, name)
  }

  add(name: string, value: unknown): void {
    if (value !== undefined && value !== null && value !== "" && !this.has(name)) this.put(name, value)
  }

  addAll(values: Readonly<Record<string, unknown>>): void {
    for (const name in values) this.add(name, values[name])
  }

  put(name: string, value: unknown): void {
    this.#text += `,${JSON.stringify(name)}:${JSON.stringify(value)}`
  }

  get json(): string | undefined {
    const own = JSON.stringify(this.#own)
    if (!own.startsWith("{")) return undefined
    return own === "{}" ? `{${this.#text.slice(1)}}` : `${own.slice(0, -1)}${this.#text}}`
  }
}

/**
 * Begins with an event's own properties.
 *
 * @example
 * ```ts
 * import { AddedProperties } from "@trackmap/core"
 *
 * const properties = AddedProperties.make({ Order_id: 357, plan: "pro" })
 * properties.add("plan", "free")
 * properties.addAll({ $os: "Debian", $browser: undefined })
 * properties.put("$groups", { company: "acme" })
 * console.log(properties.json) // {"Order_id":357,"plan":"pro","$os":"Debian","$groups":{"company":"acme"}}
 * ```
 */
export const make = (own: Values): AddedProperties => new Added(own)
