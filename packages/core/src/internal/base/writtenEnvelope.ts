/** A quick check of envelopes, for a relay, which reads many. */

type Check = (value: unknown) => boolean

type Checks = Readonly<Record<string, Check>>

const isText: Check = (value) => typeof value === "string"
const isRecord: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value)
const areTexts: Check = (value) => Array.isArray(value) && value.every(isText)

/** Whether a record has all required keys, and no others than these and the optional ones, with values of their kinds. */
const has = (value: unknown, required: Checks, optional: Checks): boolean => {
  if (!isRecord(value)) return false
  const record = value as Readonly<Record<string, unknown>>
  for (const key in required) if (!Object.hasOwn(record, key) || !required[key]!(record[key])) return false
  for (const key in record) {
    if (Object.hasOwn(required, key)) continue
    if (!Object.hasOwn(optional, key) || !optional[key]!(record[key])) return false
  }
  return true
}

const common = { type: isText, messageId: isText, timestamp: isText }
const anyMessage = { userId: isText, anonymousId: isText, context: isRecord }
const named = { ...anyMessage, name: isText, category: isText }

const messages: Readonly<Record<string, readonly [required: Checks, optional: Checks]>> = {
  track: [{ ...common, event: isText, properties: isRecord }, anyMessage],
  identify: [{ ...common, traits: isRecord }, anyMessage],
  group: [{ ...common, groupId: isText, traits: isRecord }, anyMessage],
  alias: [{ ...common, previousId: isText }, anyMessage],
  page: [{ ...common, properties: isRecord }, named],
  screen: [{ ...common, properties: isRecord }, named]
}

const isMessage: Check = (value) => {
  const type = (value as { readonly type?: unknown } | null)?.type
  if (typeof type !== "string" || !Object.hasOwn(messages, type)) return false
  const [required, optional] = messages[type]!
  return has(value, required, optional)
}

const required: Checks = {
  message: isMessage,
  format: (value) => value === 1 || value === 2,
  purposes: areTexts,
  consent: (value) => value === "all" || areTexts(value),
  personal: areTexts,
  violations: (value) => Array.isArray(value) && value.length === 0
}

const areRelations: Check = (value) =>
  Array.isArray(value) && value.every((one) => has(one, { relation: isText, at: isText, key: isPlainKey }, {}))
const isPlainKey: Check = (value) =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
const isValidation: Check = (value) => validations.has(value)
const validations: ReadonlySet<unknown> = new Set(["fail", "deadLetter", "strip", "annotate", "off"])
const isLater: Check = (value) => has(value, { event: isText, validation: isValidation, relations: areRelations }, {})

/**
 * Whether a JSON value is certainly an envelope, without anything that its schema would leave out. A rare one, such as a dead letter, may
 * be an envelope even if this is false.
 */
export const isCertain = (json: unknown): boolean => has(json, required, { plan: isText, later: isLater })
