import type { Message } from "../../Fault.ts"
import { isRecord } from "../server/json.ts"

/** The properties of a user or of a group. */
export type Properties = Readonly<Record<string, any>>

const listOf = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]

const isIn = (list: ReadonlyArray<unknown>, value: unknown): boolean =>
  list.some((one) => JSON.stringify(one) === JSON.stringify(value))

type Change = (before: any, value: any) => unknown

/** The value that an operation gives a property, or undefined if it removes it ("HTTP V2 API", "user_properties"). */
const operations: Readonly<Record<string, Change>> = {
  $set: (_, value) => value,
  $setOnce: (before, value) => before ?? value,
  $add: (before = 0, value) => before + value,
  $append: (before, value) => [...listOf(before), ...listOf(value)],
  $prepend: (before, value) => [...listOf(value), ...listOf(before)],
  $postInsert: (before, value) => [...listOf(before), ...listOf(value).filter((one) => !isIn(listOf(before), one))],
  $preInsert: (before, value) => [...listOf(value).filter((one) => !isIn(listOf(before), one)), ...listOf(before)],
  $remove: (before, value) => listOf(before).filter((one) => !isIn(listOf(value), one)),
  $unset: () => undefined
}

const isOperation = (name: string): boolean => Object.hasOwn(operations, name)

/** Whether properties are plain, or operations alone, each with an object. */
export const areValid = (given: unknown): boolean => {
  if (given === undefined) return true
  if (!isRecord(given)) return false
  const names = Object.keys(given)
  return !names.some(isOperation) || names.every((name) => isOperation(name) && isRecord(given[name]))
}

/** The properties after an event. */
export const changed = (before: Properties, given: Message = {}): Properties => {
  const isPlain = !Object.keys(given).some(isOperation)
  const changes: ReadonlyArray<readonly [string, Message]> = isPlain ? [["$set", given]] : Object.entries(given)
  const after = new Map(Object.entries(before))
  for (const [operation, values] of changes) {
    for (const [key, value] of Object.entries(values)) {
      const next = operations[operation]!(after.get(key), value)
      if (next === undefined) after.delete(key)
      else after.set(key, next)
    }
  }
  return Object.fromEntries(after)
}
