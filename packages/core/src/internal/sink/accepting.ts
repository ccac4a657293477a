import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type * as Scope from "effect/Scope"
import type * as Plan from "../../Plan.ts"
import * as Receipt from "../../Receipt.ts"
import { describe, nameOf } from "../base/fault.ts"
import { functionOf, optionsOf } from "../base/options.ts"
import { refuse } from "../base/refuse.ts"
import * as userFunction from "../base/userFunction.ts"
import { guard } from "./guard.ts"
import { isOutcome } from "./known.ts"
import { make } from "./make.ts"
import type { Acceptor, EventSink, Limits } from "./model.ts"
import { openOwn, unsent } from "./previewing.ts"
import { mapSinks } from "./sink.ts"

interface Options<E, R> {
  readonly name: string
  readonly limits?: Partial<Limits> | undefined
  readonly defers?: boolean | undefined
  readonly open: (plan: Plan.Plan | undefined) => Effect.Effect<Acceptor<any>, E, R>
}

/** If `accept` fails, its message gets a receipt before the failure reaches the caller. */
const guardAccept =
  (name: string, accept: Acceptor<any>["accept"]): Acceptor<any>["accept"] =>
  (message) => {
    const settle = (outcome: Receipt.Outcome): void =>
      message.settle(
        isOutcome(outcome) ? outcome : Receipt.rejected(`${name} settled with something that is not an outcome`)
      )
    const { envelope, messageId } = message
    const asked = userFunction.ask<unknown, unknown, never>(() => accept({ messageId, envelope, settle }), identity)
    const answered = Effect.matchEffect(asked, {
      onSuccess: (isAccepted) =>
        typeof isAccepted === "boolean" ? Effect.succeed(isAccepted) : refuse(name, "BadPath", badAnswer(isAccepted)),
      onFailure: Effect.die
    })
    return Effect.onError(answered, (cause) =>
      Effect.sync(() => {
        const reason = Cause.hasInterruptsOnly(cause) ? "was interrupted" : `threw ${nameOf(Cause.squash(cause))}`
        settle(Receipt.dropped(`${name}: accept ${reason}`))
      })
    )
  }

const badAnswer = (isAccepted: unknown): string =>
  `accept returned ${describe(isAccepted)}: return whether it has accepted the message`

const checked = (name: string, acceptor: Acceptor<any>): Acceptor<any> =>
  typeof acceptor?.send === "function" && typeof acceptor.accept === "function"
    ? acceptor
    : refuse(name, "BadPath", `open returned ${describe(acceptor)}: return the functions send and accept`)

export const accepting = <E, R>(options: Options<E, R>): EventSink<E, Exclude<R, Scope.Scope>> => {
  const names = { name: true, limits: true, defers: true, open: true } as const
  const { defers = false, limits, name, open } = optionsOf("EventSink.accepting", options, names)
  const sink = make({ name, limits, send: () => Effect.succeed([]) })
  functionOf(name, "open", open)
  return mapSinks(sink as EventSink<E, Exclude<R, Scope.Scope>>, (one) => ({
    ...one,
    defers,
    open: (plan) =>
      openOwn<Acceptor<any>>(
        () => open(plan),
        (given) => {
          const { accept, awaited, send } = checked(name, given)
          const acceptor: Acceptor<any> = {
            send,
            accept: guardAccept(name, accept),
            awaited: awaited && ((messageId) => Effect.suspend(() => awaited(messageId)))
          }
          return { ...unsent, send: guard(name, send), acceptor }
        }
      )
  }))
}
