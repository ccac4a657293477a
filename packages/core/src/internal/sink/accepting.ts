import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Plan from "../../Plan.ts"
import { describe } from "../base/fault.ts"
import { functionOf, optionsOf } from "../base/options.ts"
import { refuse } from "../base/refuse.ts"
import { guard } from "./guard.ts"
import { make } from "./make.ts"
import type { Acceptor, EventSink, Limits } from "./model.ts"
import { mapSinks } from "./sink.ts"

interface Options<E, R> {
  readonly name: string
  readonly limits?: Partial<Limits> | undefined
  readonly open: (plan: Plan.Plan | undefined) => Effect.Effect<Acceptor<any>, E, R>
}

const checked = (name: string, acceptor: Acceptor<any>): Acceptor<any> =>
  typeof acceptor?.send === "function" && typeof acceptor.accept === "function"
    ? acceptor
    : refuse(name, "BadPath", `open returned ${describe(acceptor)}: return the functions send and accept`)

export const accepting = <E, R>(options: Options<E, R>): EventSink<E, Exclude<R, Scope.Scope>> => {
  const { limits, name, open } = optionsOf("EventSink.accepting", options, { name: true, limits: true, open: true })
  const sink = make({ name, limits, send: () => Effect.succeed([]) })
  functionOf(name, "open", open)
  return mapSinks(sink as EventSink<E, Exclude<R, Scope.Scope>>, (one) => ({
    ...one,
    open: (plan) =>
      Effect.map(open(plan), (given) => {
        const acceptor = checked(name, given)
        return { redact: undefined, send: guard(name, acceptor.send), acceptor, settle: undefined, pending: [] }
      })
  }))
}
