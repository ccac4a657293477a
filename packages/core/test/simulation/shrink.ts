import type { History, Violation } from "./history.ts"
import { check } from "./laws.ts"
import type { Answer, Answers, Combinator, Program, SinkSetup, Step, TrackStep } from "./program.ts"
import { Endless, mostTurns, run } from "./world.ts"

/** A program's history, and the law that it breaks. */
export interface Judgement {
  /** None where the program did not come to its end. */
  readonly history: History | undefined
  readonly violation: Violation | undefined
}

/** Runs a program and looks whether the laws hold. */
export const judge = (program: Program): Judgement => {
  try {
    const history = run(program)
    return { history, violation: check(history) }
  } catch (thrown) {
    const violation =
      thrown instanceof Endless
        ? { law: "a program comes to an end", detail: `it takes more than ${mostTurns} turns` }
        : { law: "nothing is thrown", detail: thrown instanceof Error ? (thrown.stack ?? thrown.name) : String(thrown) }
    return { history: undefined, violation }
  }
}

/** The shortest program found that breaks the same law. Tries at most as many as told. */
export const shrink = (program: Program, law: string, budget = 20_000): Program => {
  let smallest = program
  let left = budget
  const breaks = (candidate: Program): Program | undefined => {
    // Where something is left out, others have their turns at other times: some other orders are tried as well.
    const { seed, yields } = candidate.turns
    const orders = [{ seed, yields }, { seed: 0, yields: 0 }, ...[1, 2, 3, 4, 5, 6].map((seed) => ({ seed, yields }))]
    for (const turns of orders) {
      if (left-- <= 0) return undefined
      const one = { ...candidate, turns }
      if (judge(one).violation?.law === law) return one
    }
    return undefined
  }
  for (let found = true; found;) {
    found = false
    for (const candidate of smaller(smallest)) {
      const broken = breaks(candidate)
      if (broken === undefined) continue
      smallest = broken
      found = true
      break
    }
  }
  return smallest
}

/** Programs that are one step simpler, the largest steps first. */
function* smaller(program: Program): Iterable<Program> {
  const { fibers, settles, sinks, tracker, turns } = program
  for (const [index] of fibers.entries()) if (fibers.length > 1) yield withoutFiber(program, index)
  for (const fewer of without(sinks)) if (fewer.length > 0) yield { ...program, sinks: fewer }
  for (const [index, steps] of fibers.entries()) {
    for (const fewer of halves(steps)) yield { ...program, fibers: fibers.with(index, fewer) }
    for (const fewer of without(steps)) yield { ...program, fibers: fibers.with(index, fewer) }
  }
  for (const [index, sink] of sinks.entries()) {
    for (const simpler of simplerSink(sink)) yield { ...program, sinks: sinks.with(index, simpler) }
  }
  for (const [index, steps] of fibers.entries()) {
    for (const [at, step] of steps.entries()) {
      for (const simpler of simplerStep(step)) yield { ...program, fibers: fibers.with(index, steps.with(at, simpler)) }
    }
  }
  if (settles) yield { ...program, settles: false }
  if (turns.seed !== 0) yield { ...program, turns: { seed: 0, yields: 0 } }
  if (turns.yields !== 0) yield { ...program, turns: { ...turns, yields: 0 } }
  for (const simpler of fields(tracker, { capacity: 50, hold: 0, closeWithin: 2_000 })) {
    yield { ...program, tracker: simpler }
  }
}

function* simplerSink(sink: SinkSetup): Iterable<SinkSetup> {
  for (const combinators of without(sink.combinators)) yield { ...sink, combinators }
  for (const answers of simplerAnswers(sink.answers)) yield { ...sink, answers }
  for (const [index, combinator] of sink.combinators.entries()) {
    for (const simpler of simplerCombinator(combinator)) {
      yield { ...sink, combinators: sink.combinators.with(index, simpler) }
    }
  }
  yield* fields(sink, { messages: 100, age: 0 }, ["name", "answers", "combinators"])
}

function* simplerCombinator(combinator: Combinator): Iterable<Combinator> {
  if ("answers" in combinator) {
    for (const answers of simplerAnswers(combinator.answers)) yield { ...combinator, answers }
  }
  if (combinator._tag === "tap" && combinator.after !== undefined) yield { _tag: "tap", does: combinator.does }
}

const simplerAnswers = (answers: Answers): ReadonlyArray<Answers> => [
  ...(answers.length > 1 ? without(answers).map((fewer) => fewer as unknown as Answers) : []),
  ...answers.flatMap((answer, index) =>
    simplerAnswer(answer).map((simpler) => answers.with(index, simpler) as unknown as Answers)
  )
]

const simplerAnswer = ({ after, deaf, does }: Answer): ReadonlyArray<Answer> => [
  ...(does._tag === "deliver" ? [] : [{ does: { _tag: "deliver" } as const, ...(after !== undefined && { after }) }]),
  ...(deaf === undefined ? [] : [{ does, ...(after !== undefined && { after }) }]),
  ...(after === undefined ? [] : [{ does }])
]

const plainest: TrackStep = {
  _tag: "track",
  what: { _tag: "plain" },
  text: 0,
  user: 0,
  consents: "all",
  named: true,
  awaited: false
}

const simplerStep = (step: Step): ReadonlyArray<Step> => {
  switch (step._tag) {
    case "track":
      return [...fields(step, plainest, ["_tag"])]
    case "sleep":
      return step.millis > 1 ? [{ ...step, millis: Math.floor(step.millis / 2) }] : []
    default:
      return []
  }
}

/** A record with one field as it is in the plainest, or without it. */
function* fields<A extends object>(record: A, plainest: Partial<A>, kept: ReadonlyArray<keyof A> = []): Iterable<A> {
  for (const key of Object.keys(record) as Array<keyof A>) {
    if (kept.includes(key) || JSON.stringify(record[key]) === JSON.stringify(plainest[key])) continue
    const { [key]: _, ...others } = record
    yield (key in plainest ? { ...record, [key]: plainest[key] } : others) as A
  }
}

const without = <A>(list: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  list.map((_, index) => list.toSpliced(index, 1))

const halves = <A>(list: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> => {
  if (list.length < 4) return []
  const middle = list.length >> 1
  return [list.slice(0, middle), list.slice(middle)]
}

/** Without a fiber, those that are left go by new numbers. */
const withoutFiber = (program: Program, index: number): Program => ({
  ...program,
  fibers: program.fibers.toSpliced(index, 1).map((steps) =>
    steps.flatMap((step): ReadonlyArray<Step> => {
      if (step._tag !== "interrupt" || step.fiber < index) return [step]
      return step.fiber === index ? [] : [{ ...step, fiber: step.fiber - 1 }]
    })
  )
})
