/** Reads calls when they are made, so that a message describes that moment even if relations resolve or sinks open later. */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Actor } from "../../Actor.ts"
import * as Envelope from "../../Envelope.ts"
import * as Message from "../../Message.ts"
import { jsonCopy } from "../base/jsonCopy.ts"
import { checkOf } from "../event/callValues.ts"
import { implOf } from "../event/plan.ts"
import type { Input } from "../event/model.ts"
import { consentOf, noPurposes } from "../sink/consent.ts"
import { shapeOf } from "../sink/envelope.ts"
import type { Deliverable } from "../sink/model.ts"
import type { Values } from "../value/model.ts"
import { type Tolerated, Tolerance, type Violation } from "../value/tolerance.ts"
import type { ResolutionTrace } from "../value/trace.ts"
import * as drafts from "./draft.ts"
import type { CallOptions } from "./model.ts"
import { noMessage } from "./noMessage.ts"
import { defers, type EventRules, type Rules, rulesOfCall, type Tracking } from "./rules.ts"

/** A tracked event whose rows have been read. */
export interface ReadEvent {
  readonly rules: EventRules
  readonly actor: Actor
  readonly moment: drafts.Moment
  readonly found: ReadonlyArray<Tolerated>
  readonly tolerance: Tolerance
  /** Adds the values that are resolved later. */
  readonly properties: Effect.Effect<Values, never, any>
}

/** A call without an event. */
export interface ReadCall<T extends Message.Message["type"] = Message.Message["type"]> {
  readonly rules: Rules
  readonly actor: Actor
  readonly draft: drafts.Draft<T>
  readonly found: ReadonlyArray<Tolerated>
}

/** A message that exists already. */
export interface ReadMessage {
  readonly rules: Rules
  readonly message: Message.Message
  readonly consent: Deliverable["consent"]
  /** Its violations from when it was tracked. */
  readonly violations: ReadonlyArray<Violation>
  readonly found: ReadonlyArray<Tolerated>
  /** Whether its consent is current. */
  readonly isNow: boolean
  /** The sink that lost it. */
  readonly lostBy: string | undefined
}

/** A copy of a call's actor, since the service may change the set of purposes later. */
const actorOf = (context: Context.Context<never>): Actor => {
  const actor = Context.get(context, Actor)
  const { consent } = actor
  return consent instanceof Set ? { ...actor, consent: new Set(consent) } : actor
}

/** Whether the tracker sends values that their schemas refuse. */
export const keeps = ({ validation }: Pick<Rules, "validation">): boolean =>
  validation !== "strip" && validation !== "fail"

export const readEvent = (
  context: Context.Context<never>,
  rules: EventRules,
  input: Input,
  options: CallOptions | undefined,
  trace?: ResolutionTrace,
  leaves = false
): ReadEvent => {
  const { name, properties } = rules
  const actor = actorOf(context)
  const findings = new drafts.Findings(name, rules.shape)
  const moment = drafts.complete({}, { context, actor, options }, findings, rules.shape.plan)
  const tolerance = new Tolerance(keeps(rules), trace, leaves && rules.own.relations === "later" ? [] : undefined)
  return {
    rules,
    actor,
    moment,
    found: findings.found,
    tolerance,
    properties: properties.later(input, tolerance)
  }
}

/** The rules for a call that no sink can send. */
const refusing = (rules: Rules): Rules => (rules.validation === "fail" ? rules : { ...rules, validation: "deadLetter" })

export const readCall = <T extends Message.Message["type"]>(
  tracking: Tracking,
  context: Context.Context<never>,
  type: T,
  call: Readonly<Record<string, unknown>>,
  options: CallOptions | undefined
): ReadCall<T> => {
  const actor = actorOf(context)
  const rules = rulesOfCall(tracking, type)
  const findings = new drafts.Findings(type, rules.shape)
  const tolerance = new Tolerance(keeps(rules))
  const check =
    rules.validation === "off" ? undefined : checkOf(tracking.settings.plan && implOf(tracking.settings.plan), type)
  const own = drafts.fieldsOf(type, call, findings)
  const checked = check === undefined ? own : check(own, tolerance)
  const fields = drafts.cleanFields<T>({ ...checked, type }, findings)
  const draft = drafts.complete(fields, { context, actor, options }, findings, rules.shape.plan)
  return {
    rules: drafts.lacksId(draft, findings) ? refusing(rules) : rules,
    actor,
    draft,
    found: [...tolerance.found, ...findings.found]
  }
}

/** Reads a message or an envelope. Never assumes consent that nobody gave. */
export const readMessage = (
  tracking: Tracking,
  context: Context.Context<never>,
  given: unknown
): Exit.Exit<ReadMessage, Schema.SchemaError | Envelope.EnvelopeError> =>
  Envelope.isEnvelope(given) ? readEnvelope(tracking, given) : readBare(tracking, context, given)

const incomplete =
  "the envelope has relations that a relay looks up: send it to a tracker whose sinks are outboxes, or complete it with Delivery.complete"

const readEnvelope = (tracking: Tracking, given: unknown): Exit.Exit<ReadMessage, Envelope.EnvelopeError> => {
  const decoded = Envelope.decodeUnknownResult(given)
  if (Result.isFailure(decoded)) return Exit.fail(decoded.failure)
  const envelope = decoded.success
  if (envelope.later !== undefined && !defers(tracking))
    return Exit.fail(new Envelope.EnvelopeError({ reason: incomplete }))
  const { consent, letter, purposes, violations } = envelope
  const message = jsonCopy(envelope.message) as Message.Message
  const shape = shapeOf(envelope, tracking.shapes.of(message))
  const findings = new drafts.Findings("send", shape)
  const rules = { ...rulesOfCall(tracking, message.type), purposes, shape }
  return Exit.succeed({
    rules: drafts.lacksId(message, findings) ? refusing(rules) : rules,
    message,
    consent: consent === "all" ? consent : new Set(consent),
    violations,
    found: findings.found,
    isNow: false,
    lostBy: letter?.sink
  })
}

const readBare = (
  tracking: Tracking,
  context: Context.Context<never>,
  given: unknown
): Exit.Exit<ReadMessage, Schema.SchemaError> => {
  const findings = new drafts.Findings("send")
  const decoded = Schema.decodeUnknownResult(Message.Message)(drafts.identified(given, findings))
  if (Result.isFailure(decoded)) return Exit.fail(noMessage(given, decoded.failure))
  const message = decoded.success
  const { consent } = actorOf(context)
  const rules = {
    ...rulesOfCall(tracking, message.type),
    purposes: purposesOf(tracking, message),
    shape: tracking.shapes.of(message)
  }
  return Exit.succeed({
    rules: drafts.lacksId(message, findings) ? refusing(rules) : rules,
    message: jsonCopy(message) as Message.Message,
    consent: consent === undefined ? noPurposes : consentOf(consent),
    violations: [],
    found: findings.found,
    isNow: true,
    lostBy: undefined
  })
}

/** The purposes of the plan's event with a message's name. */
const purposesOf = ({ settings: { plan } }: Tracking, message: Message.Message): ReadonlyArray<string> =>
  message.type === "track" && plan !== undefined && Object.hasOwn(plan.events, message.event)
    ? plan.events[message.event]!.purposes
    : []
