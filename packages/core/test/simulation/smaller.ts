import { fields, plainer, shorter, without } from "./cuts.ts"
import type { Answer, Answers, Combinator, Program, SinkSetup, Step, TrackStep } from "./program.ts"

/** Programs that are one step simpler, the largest steps first. */
export function* smaller(program: Program): Iterable<Program> {
  const { fibers, settles, sinks, tracker } = program
  yield* shorter(program)
  for (const [index, sink] of sinks.entries()) {
    for (const simpler of simplerSink(sink)) yield { ...program, sinks: sinks.with(index, simpler) }
  }
  for (const [index, steps] of fibers.entries()) {
    for (const [at, step] of steps.entries()) {
      for (const simpler of simplerStep(step)) yield { ...program, fibers: fibers.with(index, steps.with(at, simpler)) }
    }
  }
  if (settles) yield { ...program, settles: false }
  yield* plainer(program)
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
