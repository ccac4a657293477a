import { fields, plainer, shorter, without } from "../../../core/test/simulation/cuts.ts"
import type { Inner, Program, SinkSetup, Step, Track, TransactionStep, VendorAnswer } from "./program.ts"

/** Programs that are one step simpler, the largest steps first. */
export function* smaller(program: Program): Iterable<Program> {
  const { fibers, relay, service, sinks } = program
  yield* shorter(program)
  for (const [index, sink] of sinks.entries()) {
    for (const simpler of simplerSink(sink)) yield { ...program, sinks: sinks.with(index, simpler) }
  }
  for (const [index, steps] of fibers.entries()) {
    for (const [at, step] of steps.entries()) {
      for (const simpler of simplerStep(step)) yield { ...program, fibers: fibers.with(index, steps.with(at, simpler)) }
    }
  }
  if (program.database !== "memory") yield { ...program, database: "memory" }
  if (program.latency > 0) yield { ...program, latency: 0 }
  for (const simpler of fields(service, { capacity: 50, whenInsertFails: "fail", closeWithin: 5_000 })) {
    yield { ...program, service: simpler }
  }
  for (const simpler of fields(relay, {
    order: "any",
    limit: 1_000,
    lease: 30_000,
    poll: 1_000,
    closeWithin: 20_000
  })) {
    yield { ...program, relay: simpler }
  }
  yield* plainer(program)
}

const plainest: Pick<SinkSetup, "concurrency" | "from" | "messages"> = {
  messages: 100,
  concurrency: 1,
  from: "beginning"
}

function* simplerSink(sink: SinkSetup): Iterable<SinkSetup> {
  const { answers, combinators } = sink
  for (const fewer of without(combinators)) yield { ...sink, combinators: fewer }
  if (answers.length > 1) {
    for (const fewer of without(answers)) yield { ...sink, answers: fewer as unknown as SinkSetup["answers"] }
  }
  for (const [index, answer] of answers.entries()) {
    for (const simpler of simplerAnswer(answer)) {
      yield { ...sink, answers: answers.with(index, simpler) as unknown as SinkSetup["answers"] }
    }
  }
  yield* fields(sink, plainest, ["name", "answers", "combinators"])
}

function* simplerAnswer(answer: VendorAnswer): Iterable<VendorAnswer> {
  if (answer.does._tag !== "deliver") yield { ...answer, does: { _tag: "deliver" } }
  if (answer.after !== undefined) yield { does: answer.does }
}

const plainTrack: Track = { ad: false, user: 0, consents: "all" }

function* simplerStep(step: Step): Iterable<Step> {
  switch (step._tag) {
    case "track":
      return yield* fields(step, plainTrack, ["_tag"])
    case "transaction":
      return yield* simplerTransaction(step)
    case "sleep":
      if (step.millis > 1) yield { ...step, millis: Math.floor(step.millis / 2) }
      return
    case "startRelay":
      return yield* fields(step, { inService: false, skew: 0 }, ["_tag"])
    case "killService":
    case "killRelay":
      if (step.turns > 0) yield { ...step, turns: step.turns - 1 }
      return
    default:
      return
  }
}

function* simplerTransaction(step: TransactionStep): Iterable<Step> {
  for (const body of simplerBody(step.body)) yield { ...step, body }
  yield* fields(step, { ends: "commits", collects: false, awaited: false }, ["_tag", "body"])
}

function* simplerBody(body: ReadonlyArray<Inner>): Iterable<ReadonlyArray<Inner>> {
  yield* without(body)
  for (const [index, inner] of body.entries()) {
    if (inner._tag === "savepoint") {
      yield body.toSpliced(index, 1, ...inner.body)
      for (const fewer of simplerBody(inner.body)) yield body.with(index, { ...inner, body: fewer })
      if (inner.collects) yield body.with(index, { ...inner, collects: false })
    }
    if (inner._tag === "track") {
      for (const simpler of fields(inner, plainTrack, ["_tag"])) yield body.with(index, simpler)
    }
  }
}
