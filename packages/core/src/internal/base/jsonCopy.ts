type Container = Array<unknown> | Record<string, unknown>

/** A copy of a JSON value, which no later change to the value reaches. A value may be deeper than the stack: what has no JSON is found later. */
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
