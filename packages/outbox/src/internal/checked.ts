import * as Effect from "effect/Effect"
import { OutboxError } from "../OutboxError.ts"
import type { Entry, Selection, Service } from "../OutboxStore.ts"
import { lengthOf } from "./times.ts"

/** What is wrong with an argument, if anything. */
type Fault = { readonly reason: string; readonly remedy: string } | undefined

/** A value for people. A text, and a number that stands for one, can be a user's, and so is not shown. */
const said = (given: unknown, what: string): string => {
  if (typeof given === "string") return given === "" ? "empty" : `a string of length ${given.length}`
  if (given === null || given === undefined) return String(given)
  return typeof given === "number" && what !== "the userId" ? String(given) : `of type ${typeof given}`
}

const unless = (isValid: boolean, what: string, given: unknown, remedy: string): Fault =>
  isValid ? undefined : { reason: `${what} is ${said(given, what)}`, remedy: `pass ${remedy}` }

const isObject = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === "object" && given !== null

const isText = (given: unknown): given is string => typeof given === "string"

const isDate = (given: unknown): boolean => given instanceof Date && !Number.isNaN(given.getTime())

const sinkName = (given: unknown, what = "the sink"): Fault => {
  const isValid = isText(given) && given !== "" && given.length <= 255 && !given.includes("\0")
  return unless(isValid, what, given, "a name of 1 to 255 characters")
}

const limited = (given: unknown): Fault =>
  unless(Number.isSafeInteger(given) && Number(given) > 0, "limit", given, "a whole number of at least 1")

const leased = (given: unknown): Fault => {
  const length = lengthOf(given)
  return unless(length >= 0 && length < Number.POSITIVE_INFINITY, "lease", given, 'a duration such as "1 minute"')
}

const claimed = (given: unknown): Fault =>
  unless(isObject(given) && isText(given["token"]), "the claim", given, "what claim has returned")

const options = (given: unknown): Fault => unless(isObject(given), "the argument", given, "an object with options")

const isEntry = (given: unknown): boolean => isObject(given) && isText(given["id"]) && isText(given["body"])

const entries = (given: ReadonlyArray<Entry>): Fault =>
  unless(
    Array.isArray(given) && given.every(isEntry),
    Array.isArray(given) ? "one of the entries" : "the argument",
    Array.isArray(given) ? given.find((one) => !isEntry(one)) : given,
    "an array of what OutboxStore.entry returns"
  )

const kept = (given: unknown, what: string): Fault =>
  unless(given === undefined || lengthOf(given) >= 0, what, given, 'a duration such as "7 days"')

const texts = (what: string, given: unknown): Fault =>
  unless(given === undefined || (Array.isArray(given) && given.every(isText)), what, given, "an array of strings")

const date = (what: string, given: unknown): Fault =>
  unless(given === undefined || isDate(given), what, given, "a valid Date")

const conditions = ["sink", "ids", "events", "from", "to"]

/** A condition that is misspelt would select every message. */
const selection = (given: Selection, ...more: ReadonlyArray<string>): Fault => {
  const names = [...conditions, ...more]
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    return { reason: `it has no option ${JSON.stringify(unknown)}`, remedy: `pass ${names.join(", ")}` }
  }
  const { events, from, ids, sink, to } = given
  return (
    (sink === undefined ? undefined : sinkName(sink)) ??
    texts("ids", ids) ??
    texts("events", events) ??
    date("from", from) ??
    date("to", to)
  )
}

const errorOf = (operation: string, { reason, remedy }: NonNullable<Fault>): OutboxError =>
  new OutboxError({ operation, reason, remedy, transient: false })

/** Runs an operation, or fails if its arguments are wrong. */
const guard = <A>(
  operation: string,
  fault: () => Fault,
  run: () => Effect.Effect<A, OutboxError>
): Effect.Effect<A, OutboxError> =>
  Effect.suspend(() => {
    const found = fault()
    return found === undefined ? run() : Effect.fail(errorOf(operation, found))
  })

/** A store that refuses arguments that it cannot follow, before it reads or writes anything. */
export const checked = (store: Service): Service => {
  return {
    ...store,
    insert: (given) =>
      guard(
        "insert",
        () => entries(given),
        () => store.insert(given)
      ),
    statement: (given) => {
      const found = entries(given) ?? unless(given.length > 0, "the array of entries", "", "at least one")
      if (found === undefined) return store.statement(given)
      throw errorOf("statement", found)
    },
    start: (sink, from) =>
      guard(
        "start",
        () =>
          sinkName(sink) ??
          unless(
            from === "now" || from === "beginning" || isDate(from),
            "from",
            from,
            '"now", "beginning" or a valid Date'
          ),
        () => store.start(sink, from)
      ),
    remove: (sink) =>
      guard(
        "remove",
        () => sinkName(sink),
        () => store.remove(sink)
      ),
    rename: (from, to) =>
      guard(
        "rename",
        () => sinkName(from) ?? sinkName(to, "the new name"),
        () => store.rename(from, to)
      ),
    claim: (sink, given) =>
      guard(
        "claim",
        () => sinkName(sink) ?? options(given) ?? limited(given.limit) ?? leased(given.lease),
        () => store.claim(sink, given)
      ),
    renew: (claim, lease) =>
      guard(
        "renew",
        () => claimed(claim) ?? leased(lease),
        () => store.renew(claim, lease)
      ),
    complete: (claim, parked) =>
      guard(
        "complete",
        () => claimed(claim),
        () => store.complete(claim, parked)
      ),
    release: (claim) =>
      guard(
        "release",
        () => claimed(claim),
        () => store.release(claim)
      ),
    letters: (given = {}) =>
      guard(
        "letters",
        () =>
          options(given) ??
          selection(given, "limit", "after") ??
          (given.limit === undefined ? undefined : limited(given.limit)),
        () => store.letters(given)
      ),
    letter: (sink, id) =>
      guard(
        "letter",
        () => sinkName(sink) ?? unless(isText(id), "the id", id, "the id of a message"),
        () => store.letter(sink, id)
      ),
    replay: (given) =>
      guard(
        "replay",
        () =>
          options(given) ??
          unless(given.of === "letters" || given.of === "log", "of", given.of, '"letters" or "log"') ??
          selection(given, "of"),
        () => store.replay(given)
      ),
    erase: (userId) =>
      guard(
        "erase",
        () => unless(isText(userId) && userId !== "", "the userId", userId, "a string that is not empty"),
        () => store.erase(userId)
      ),
    sweep: (given = {}) =>
      guard(
        "sweep",
        () => options(given) ?? kept(given.messages, "messages") ?? kept(given.letters, "letters"),
        () => store.sweep(given)
      )
  }
}
