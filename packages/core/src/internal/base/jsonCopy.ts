/** A copy of a JSON value, which no later change to the value reaches. */
export const jsonCopy = (json: unknown): unknown => {
  if (typeof json !== "object" || json === null) return json
  if (Array.isArray(json)) return json.map(jsonCopy)
  const copy: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(json)) put(copy, key, jsonCopy(value))
  return copy
}

/** An assignment to "__proto__" would not add a key. */
export const put = (object: Record<string, unknown>, key: string, value: unknown): void => {
  if (key !== "__proto__") object[key] = value
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}
