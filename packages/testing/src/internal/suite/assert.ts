/**
 * Assertions on messages and their receipts. A failure lists the wrong messages, their receipts and the reasons: the first few, and the number
 * of the rest.
 *
 * @module
 */
import type { Receipt } from "@trackmap/core"
import type * as VendorServer from "../../VendorServer.ts"

type Tag = Receipt.Outcome["_tag"]
/** The number of receipts with each outcome. */
export type Outcomes = { readonly [T in Tag]?: number }

/** The maximum number of wrong messages that a failure lists. */
const named = 5

/** A plain error: runners take an AssertionError's `actual` and `expected` apart, and there are none here. */
const fail = (message: string): never => {
  throw new Error(message)
}

/** Fails with a list of what is wrong, unless it is empty. */
export const none = (wrong: ReadonlyArray<string>, headline: string): void => {
  if (wrong.length === 0) return
  const lines = wrong.slice(0, named).map((line) => `\n  ${line}`)
  const more = wrong.length > named ? `\n  … and ${wrong.length - named} more` : ""
  fail(`${headline}:${lines.join("")}${more}`)
}

/** Fails with a sentence if a condition is false. */
export const holds = (condition: boolean, message: string): void => {
  if (!condition) fail(message)
}

export const idsOf = (messages: ReadonlyArray<{ readonly messageId: string }>): ReadonlyArray<string> =>
  messages.map(({ messageId }) => messageId)

export const reasonOf = ({ outcome }: Receipt.Receipt): string => ("reason" in outcome ? outcome.reason : "")

const text = (receipt: Receipt.Receipt): string => {
  const { attempts, outcome, sink } = receipt
  const reason = outcome._tag === "Delivered" ? "" : `: ${reasonOf(receipt) || "without a reason"}`
  return `${outcome._tag} by "${sink}" after ${attempts === 1 ? "1 attempt" : `${attempts} attempts`}${reason}`
}

/** A message's id and its result. */
export const told = (receipt: Receipt.Receipt): string => `${receipt.messageId}: ${text(receipt)}`

/** Checks for one receipt for each message from each sink, in the order of the messages, sink by sink. */
export const receipts = (
  names: ReadonlyArray<string>,
  messages: ReadonlyArray<{ readonly messageId: string }>,
  got: ReadonlyArray<Receipt.Receipt>
): void => {
  const ids = idsOf(messages)
  const known = new Set(ids)
  const expected = names.flatMap((name) => ids.map((id) => [name, id] as const))
  const have = Map.groupBy(got, ({ messageId, sink }) => String([sink, messageId]))
  const wrong = [...Map.groupBy(expected, String)].flatMap(([key, due]) => {
    const [name, id] = due[0]!
    const own = have.get(key) ?? []
    if (own.length === due.length) return []
    return [own.length === 0 ? `${id}: no receipt from "${name}"` : `${id}: ${own.map(text).join(", and ")}`]
  })
  const strange = got.filter(({ messageId, sink }) => !known.has(messageId) || !names.includes(sink))
  none(wrong, `${wrong.length} messages do not have one receipt from each sink`)
  none(
    strange.map(told),
    `${strange.length} receipts are for messages that the sink never received, or come from another sink`
  )
  const moved = expected.flatMap(([name, id], index) => {
    const { messageId, sink } = got[index]!
    return messageId === id && sink === name ? [] : [`receipt ${index + 1} is for ${messageId}, not for ${id}`]
  })
  none(moved, "The receipts are not in the order of the messages")
}

/** Checks that every receipt has one of these outcomes. */
export const areAll = (got: ReadonlyArray<Receipt.Receipt>, ...tags: ReadonlyArray<Tag>): void => {
  const wrong = got.filter(({ outcome }) => !tags.includes(outcome._tag))
  none(wrong.map(told), `${wrong.length} of ${got.length} receipts are not ${tags.join(" or ")}`)
}

const tally = (got: ReadonlyArray<Receipt.Receipt>): { [T in Tag]?: number } => {
  const counts: { [T in Tag]?: number } = {}
  for (const { outcome } of got) counts[outcome._tag] = (counts[outcome._tag] ?? 0) + 1
  return counts
}
const counts = (outcomes: Outcomes): string =>
  Object.entries(outcomes)
    .filter(([, count]) => count > 0)
    .map(([tag, count]) => `${count} ${tag}`)
    .join(" and ") || "none"

/** Checks that exactly the expected number of receipts has each outcome. */
export const outcomes = (got: ReadonlyArray<Receipt.Receipt>, expected: Outcomes): void => {
  const have = tally(got)
  const differs = (tag: Tag) => (have[tag] ?? 0) !== (expected[tag] ?? 0)
  if (!(["Delivered", "Rejected", "Expired", "Dropped", "Skipped"] as const).some(differs)) return
  const surplus = got.filter(({ outcome: { _tag } }) => (have[_tag] ?? 0) > (expected[_tag] ?? 0))
  const headline = `Expected ${counts(expected)} of ${got.length} receipts, and got ${counts(have)}`
  if (surplus.length === 0) fail(headline)
  none(surplus.map(told), headline)
}

/** Checks that at least the expected number of receipts has each outcome. */
export const atLeast = (got: ReadonlyArray<Receipt.Receipt>, expected: Outcomes): void => {
  const have = tally(got)
  const few = Object.entries(expected).some(([tag, count]) => (have[tag as Tag] ?? 0) < count)
  holds(!few, `Expected at least ${counts(expected)} of ${got.length} receipts, and got ${counts(have)}`)
}

/** Checks that all messages with a receipt of Delivered arrived. */
export const haveArrived = (got: ReadonlyArray<Receipt.Receipt>, arrived: ReadonlyArray<string>): void => {
  const has = new Set(arrived)
  const missing = got.filter(({ messageId, outcome }) => outcome._tag === "Delivered" && !has.has(messageId))
  none(
    missing.map(told),
    `${missing.length} of ${got.length} messages did not arrive, although their receipts say that they did`
  )
}

/** Checks that exactly the delivered messages arrived, once each. */
export const arrivedOnce = (got: ReadonlyArray<Receipt.Receipt>, arrived: ReadonlyArray<string>): void => {
  haveArrived(got, arrived)
  const of = Map.groupBy(got, ({ messageId }) => messageId)
  const wrong = [...Map.groupBy(arrived, String)].flatMap(([id, { length }]) => {
    const own = of.get(id)
    if (own === undefined) return [`${id}: the sink never received it`]
    if (own.every(({ outcome }) => outcome._tag !== "Delivered")) return [told(own[0]!)]
    return length === 1 ? [] : [`${id}: arrived ${length} times`]
  })
  none(wrong, `${wrong.length} messages arrived unexpectedly or too often`)
}

/** Checks that no message arrived. */
export const nothingArrived = (arrived: ReadonlyArray<string>): void =>
  none(arrived, `${arrived.length} messages arrived, but none should have`)

/** Checks that no request arrived. */
export const noRequests = (requests: ReadonlyArray<VendorServer.Request>): void =>
  none(
    requests.map(({ method, path, text }) => `${method} ${path} ${text.slice(0, 100)}`),
    `${requests.length} requests arrived, but none should have`
  )
