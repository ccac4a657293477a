import type * as Schema from "effect/Schema"

type Container = Array<unknown> | Record<string, unknown>

/** A copy of a JSON value, independent of later changes. The value may be deeper than the stack; values without JSON are found later. */
export const jsonCopy = (json: unknown): unknown => {
  const left: Array<readonly [from: object, to: Container]> = []
  const copyOf = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value
    const to: Container = Array.isArray(value) ? [] : {}
    left.push([value, to])
    return to
  }
  const copy = copyOf(json)
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [from, to] = next
    if (Array.isArray(to)) for (const value of from as ReadonlyArray<unknown>) to.push(copyOf(value))
    else for (const [key, value] of Object.entries(from)) put(to, key, copyOf(value))
  }
  return copy
}

/** An assignment to "__proto__" would not add a key. */
export const put = (object: Record<string, unknown>, key: string, value: unknown): void => {
  if (key !== "__proto__") object[key] = value
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}

/** Whether an object is no more than its properties: a Date or a Map is not, an instance of a class can be. */
const isRecord = (value: object): boolean =>
  Object.prototype.toString.call(value) === "[object Object]" &&
  typeof (value as { readonly toJSON?: unknown }).toJSON !== "function"

/** A copy of a value that may not be JSON, without undefined keys. `refuse` throws for values that are not JSON. */
export const checkedJsonCopy = (value: unknown, refuse: (value: unknown) => never): Schema.Json => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value
    case "number":
      if (Number.isFinite(value)) return value
      break
    case "object":
      if (value === null) return null
      if (Array.isArray(value)) return Array.from(value, (item) => checkedJsonCopy(item, refuse))
      if (isRecord(value)) {
        const entries = Object.entries(value).filter((entry) => entry[1] !== undefined)
        return Object.fromEntries(entries.map(([key, item]) => [key, checkedJsonCopy(item, refuse)]))
      }
  }
  return refuse(value)
}
