/** Completes stored messages whose relations are looked up when they are delivered. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Envelope } from "../../Envelope.ts"
import type { Message, Track } from "../../Message.ts"
import * as callback from "../base/callback.ts"
import * as lookUp from "../event/lookUp.ts"
import { MessageShapes } from "../event/messageShape.ts"
import type { PlanFace, PlanImpl, TrackedEventImpl } from "../event/model.ts"
import { implOf } from "../event/plan.ts"
import * as planVersion from "../event/planVersion.ts"
import { envelopeOf, shapeOf } from "../sink/envelope.ts"
import type { Tolerated, Violation } from "../value/tolerance.ts"
import * as drafts from "./draft.ts"
import type { Completion, Incomplete } from "./model.ts"
import { keeps } from "./reading.ts"
import * as violations from "./violations.ts"
import { textOf } from "./violationText.ts"

const unknown = (reason: string): Completion => ({ _tag: "Unknown", reason })

const toldBefore = (violation: Violation): Tolerated => ({ violation, resolving: true, cause: Cause.empty })

/** The message with what is wrong with it, after what was wrong with it when it was tracked. */
const annotated = (message: Message, earlier: ReadonlyArray<Tolerated>, found: ReadonlyArray<Tolerated>): Message => {
  if (found.length === 0) return message
  const before = Number(message.context?.["violationsOmitted"] ?? 0)
  const { context, ...rest } = violations.annotate(message, [...earlier, ...found])
  const more = before + Number(context?.["violationsOmitted"] ?? 0)
  return { ...rest, context: { ...context, ...(more > 0 && { violationsOmitted: more }) } } as Message
}

class Completing {
  readonly #plan: PlanImpl
  readonly #shapes: MessageShapes

  constructor(plan: PlanImpl) {
    this.#plan = plan
    this.#shapes = new MessageShapes(plan)
  }

  complete(envelope: Envelope, anyVersion: boolean): Effect.Effect<Completion, never, any> {
    const { later, message } = envelope
    if (later === undefined) return Exit.succeed({ _tag: "Complete", envelope })
    const name = (message as Track).event
    const event = Object.hasOwn(this.#plan.events, name) ? this.#plan.events[name]! : undefined
    if (event === undefined) return Exit.succeed(unknown(`the plan lacks the event ${JSON.stringify(name)}`))
    if (!anyVersion && planVersion.ofEvent(event) !== later.event) {
      return Exit.succeed(unknown(`the plan has another version of the event ${JSON.stringify(name)}`))
    }
    const checked = later.validation !== "off"
    const relations: Array<lookUp.Relation> = []
    for (const one of later.relations) {
      const how = lookUp.of(event, one.relation, checked)
      if (how === undefined) {
        const missing = `in the plan, the event ${JSON.stringify(name)} has no relation ${one.relation} with a loader`
        return Exit.succeed(unknown(missing))
      }
      relations.push({ ...one, lookUp: how })
    }
    return callback.andThen(lookUp.add((message as Track).properties, relations, keeps(later)), (exit) =>
      Exit.map(exit, (looked): Completion => {
        if (looked.failure === undefined) return this.#completed(event, envelope, looked)
        return { _tag: "Failed", reason: textOf(looked.failure.violation) }
      })
    )
  }

  #completed(
    event: TrackedEventImpl,
    { later, ...envelope }: Envelope,
    { found, properties }: Extract<lookUp.LookedUp, { readonly failure: undefined }>
  ): Completion {
    const { consent, message, purposes, violations: told } = envelope
    const shape = shapeOf(envelope, this.#shapes.of(message))
    const findings = new drafts.Findings(event.name, shape)
    const draft = { ...(message as Track), properties } as drafts.Draft<"track">
    const hasJson = found.length === 0 && drafts.hasJson(draft)
    const whole = (hasJson ? draft : drafts.cleanFields(draft, findings)) as unknown as Message
    const all = [...found, ...findings.found]
    // Nobody is left whose call could fail.
    const validation = later!.validation === "fail" ? "deadLetter" : later!.validation
    const rejection = violations.rejectionOf({ validation }, all)
    const completed = envelopeOf({
      message: annotated(whole, told.map(toldBefore), all),
      purposes,
      consent: consent === "all" ? consent : new Set(consent),
      shape,
      violations: [...told, ...violations.toldOf(all)]
    })
    return { _tag: "Complete", envelope: completed, ...(rejection !== undefined && { rejection }) }
  }
}

const planless =
  "its relations are looked up when it is delivered, and there is no plan: pass the plan that has the event, with its loaders"

export const complete = (
  plan: PlanFace | undefined,
  envelopes: ReadonlyArray<Incomplete>
): Effect.Effect<ReadonlyArray<Completion>, never, any> =>
  Effect.suspend(() => {
    const completing = plan && new Completing(implOf(plan))
    return callback.all(
      envelopes.map(({ anyVersion = false, envelope }): Effect.Effect<Completion, never, any> => {
        if (completing !== undefined) return completing.complete(envelope, anyVersion)
        return Exit.succeed(envelope.later === undefined ? { _tag: "Complete", envelope } : unknown(planless))
      })
    )
  })
