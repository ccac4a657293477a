import type { Outcome } from "../../../src/Receipt.ts"
import type { Call, History, Moment } from "../history.ts"
import type { Answers, SinkSetup } from "../program.ts"
import { closed, reasonOf, type View } from "../view.ts"

/** Laws of a history, by name. Each tells where it does not hold. */
export type Laws = Readonly<Record<string, (view: View) => Iterable<string>>>

export const setupOf = ({ history }: View, name: string): SinkSetup =>
  history.program.sinks.find((sink) => sink.name === name)!

export const name = ({ calls }: View, id: string): number | string => calls.get(id)?.number ?? id

export const numbers = (calls: ReadonlyArray<Call | undefined>): string =>
  calls.map((call) => call?.number ?? "?").join(", ")

export const say = (outcome: Outcome): string => `${outcome._tag} ${reasonOf(outcome)}`.trim()

export const takesTime = (combinator: SinkSetup["combinators"][number]): boolean =>
  combinator._tag === "tap" && (combinator.does === "hangs" || combinator.after !== undefined)

export const isPrompt = (answers: Answers): boolean =>
  answers.every(({ after = 0, does }) => does._tag === "deliver" && after === 0)

/** Whether a message came to a tracker that publishes no more. */
export const isTooLate = ({ close }: History, { ended, receipts = [] }: Call): boolean =>
  close.ended !== undefined &&
  ended !== undefined &&
  (ended.turn > close.ended.turn ||
    (ended.turn > close.began.turn && ended.at === close.ended.at) ||
    receipts.some(({ outcome }) => reasonOf(outcome) === closed))

export const isBefore = (moment: Moment | undefined, other: Moment): boolean =>
  moment !== undefined && moment.turn < other.turn
