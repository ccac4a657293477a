import type { Message } from "../../Fault.ts"
import { isRecord } from "../server/json.ts"
import type { Event } from "./model.ts"

interface Person {
  readonly ids: Set<string>
  isIdentified: boolean
  properties: Message
}

const illegal = new Set(
  "0 00000000-0000-0000-0000-000000000000 anonymous anonymous-user backend distinct_id distinctid email false guest id nan none not_authenticated null system true undefined user"
    .split(" ")
    .concat("[object object]")
)

/** Whether PostHog makes no person of a distinct id. */
export const isIllegal = (id: string): boolean => illegal.has(id.trim().toLowerCase())

const recordOf = (value: unknown): Message => (isRecord(value) ? value : {})

/** The persons and groups that events make. */
export class Persons {
  readonly byId = new Map<string, Person>()
  readonly groups = new Map<string, Map<string, Message>>()

  #of(id: string): Person {
    const person = this.byId.get(id) ?? { ids: new Set([id]), isIdentified: false, properties: {} }
    this.byId.set(id, person)
    return person
  }

  /** Makes two ids one person, unless the other one is an identified person already. */
  #merge(other: string, into: string): void {
    if (other === "" || isIllegal(other) || isIllegal(into)) return
    const person = this.#of(into)
    person.isIdentified = true
    const merged = this.#of(other)
    if (merged === person || merged.isIdentified) return
    person.properties = { ...merged.properties, ...person.properties }
    for (const id of merged.ids) {
      person.ids.add(id)
      this.byId.set(id, person)
    }
  }

  apply({ distinct_id, event, properties }: Event): void {
    const { $group_key: key, $group_set: groupSet, $group_type: type, $process_person_profile: profile } = properties
    if (profile === false || isIllegal(distinct_id)) return
    if (event === "$groupidentify") {
      const groups = this.groups.get(String(type)) ?? new Map<string, Message>()
      this.groups.set(String(type), groups.set(String(key), { ...groups.get(String(key)), ...recordOf(groupSet) }))
    }
    if (event === "$identify") this.#merge(String(properties["$anon_distinct_id"] ?? ""), distinct_id)
    if (event === "$create_alias") this.#merge(String(properties["alias"] ?? ""), distinct_id)
    const person = this.#of(distinct_id)
    const unset: ReadonlyArray<unknown> = Array.isArray(properties["$unset"]) ? properties["$unset"] : []
    const all = { ...recordOf(properties["$set_once"]), ...person.properties, ...recordOf(properties["$set"]) }
    person.properties = Object.fromEntries(Object.entries(all).filter(([name]) => !unset.includes(name)))
  }

  clear(): void {
    this.byId.clear()
    this.groups.clear()
  }
}
