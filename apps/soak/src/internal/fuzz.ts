import { Amplitude } from "@trackmap/amplitude"
import { Console } from "@trackmap/console"
import {
  Actor,
  EventSink,
  type Message,
  type Receipt,
  TrackedEvent,
  Tracker,
  HttpTransport,
  Uuid
} from "@trackmap/core"
import { GA4 } from "@trackmap/ga4"
import { Mixpanel } from "@trackmap/mixpanel"
import { PostHog } from "@trackmap/posthog"
import { Segment } from "@trackmap/segment"
import { Snowplow } from "@trackmap/snowplow"
import {
  AmplitudeServer,
  GA4Server,
  MixpanelServer,
  PostHogServer,
  SegmentServer,
  SnowplowServer
} from "@trackmap/testing"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as EffectConsole from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import assert from "node:assert/strict"
import * as generate from "./generate.ts"
import { Random } from "./random.ts"
import * as warehouses from "./warehouses/engines.ts"
import * as law from "./warehouses/law.ts"
import { plan } from "./warehouses/plan.ts"

/** The counts over all rounds. */
export class Summary {
  messages = 0
  /** Messages that the tracker refused, because they do not match the schema. */
  refused = 0
  requests = 0
  bytes = 0
  lines = 0
  /** Receipts by sink and outcome. */
  readonly receipts = new Map<string, number>()
  /** The reasons in receipts, without their numbers, and how often each occurred. */
  readonly reasons = new Map<string, number>()

  count(receipt: Receipt.Receipt): void {
    const { outcome, sink } = receipt
    add(this.receipts, `${sink} ${outcome._tag.toLowerCase()}`)
    if ("reason" in outcome) add(this.reasons, `${sink}: ${outcome.reason.replaceAll(/\d+/g, "N")}`)
  }
}

const add = (to: Map<string, number>, key: string): void => void to.set(key, (to.get(key) ?? 0) + 1)

const push = <A>(to: Map<string, Array<A>>, key: string, value: A): void => {
  const list = to.get(key)
  if (list === undefined) to.set(key, [value])
  else list.push(value)
}

/** Its properties get any value at all: the tracker must find out whether it is JSON. */
const Anything = TrackedEvent.make("anything", { properties: { value: Schema.Json, other: Schema.Json } })

// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/

/** A console that counts lines, and checks each. */
const swallowing = (summary: Summary, check: (line: string) => void): EffectConsole.Console => ({
  ...globalThis.console,
  log: (line: string) => {
    summary.lines++
    assert.ok(line.isWellFormed(), "a line has a lone surrogate")
    assert.ok(!control.test(line), "a line has a control character")
    check(line)
  }
})

const oneLine = (line: string): void => assert.ok(!line.includes("\n"), "a message has more than one line")

/** Reasons that occur only if a sink or core has a defect. */
const defect = /threw|combinator|outcomes for/

const console = (format: Console.Format): EventSink.EventSink => Console.sink({ format, name: format, colors: false })

const behind = (
  sink: EventSink.EventSink<any, HttpTransport.HttpTransport>,
  summary: Summary,
  check: (line: string) => void
): Effect.Effect<Tracker.Service, never, HttpTransport.HttpTransport | Scope.Scope> =>
  Tracker.make(sink, { capacity: 20_000 }).pipe(
    Effect.provideService(EffectConsole.Console, swallowing(summary, check)),
    Effect.orDie
  )

/** The sinks, the servers behind them, and a tracker for each console, so that the consoles' lines do not mix. */
const start = Effect.fnUntraced(function* (summary: Summary) {
  const segment = yield* SegmentServer.make()
  const mixpanel = yield* MixpanelServer.make()
  const posthog = yield* PostHogServer.make()
  const amplitude = yield* AmplitudeServer.make()
  const snowplow = yield* SnowplowServer.make()
  const ga4 = yield* GA4Server.make()
  const rudderstack = yield* SegmentServer.make()
  const jitsu = yield* SegmentServer.make({ writeKey: "id" })
  const customerio = yield* SegmentServer.make()
  const all = EventSink.fanOut(
    Segment.sink({ writeKey: Redacted.make(segment.writeKey), endpoint: segment.url }),
    Mixpanel.sink({ token: Redacted.make(mixpanel.token), endpoint: mixpanel.url, counters: "atLeastOnce" }),
    PostHog.sink({ projectKey: Redacted.make(posthog.projectKey), endpoint: posthog.url }),
    Amplitude.sink({ apiKey: Redacted.make(amplitude.apiKey), endpoint: amplitude.url }),
    Snowplow.sink({ endpoint: snowplow.url, vendor: "com.acme", unplanned: "generic" }),
    GA4.sink({
      measurementId: ga4.measurementId,
      apiSecret: Redacted.make(ga4.apiSecret),
      endpoint: ga4.url,
      clientId: ({ userId }) => userId,
      messageId: "message_id"
    }),
    Segment.rudderstack({ writeKey: Redacted.make(rudderstack.writeKey), endpoint: rudderstack.url }),
    Segment.jitsu({ writeKey: Redacted.make("id:secret"), endpoint: jitsu.url }),
    Segment.customerio({ apiKey: Redacted.make(customerio.writeKey), endpoint: customerio.url }),
    console("json")
  )
  const oneOfJson = (line: string): void => {
    oneLine(line)
    JSON.parse(line)
  }
  const trackers = [
    yield* behind(all, summary, oneOfJson),
    yield* behind(console("compact"), summary, oneLine),
    yield* behind(console("pretty"), summary, () => {})
  ]
  // These keep a batch of Segment's.
  const segments = { segment, rudderstack, jitsu, customerio }
  return { amplitude, ga4, mixpanel, posthog, segments, snowplow, trackers }
})

type Started = Effect.Success<ReturnType<typeof start>>

/** Something that is almost a message. */
const mangled = (message: Message.Message, random: Random): unknown =>
  random.pick<unknown>([
    null,
    [],
    { ...message, type: "Track" },
    { ...message, userId: 1 },
    { ...message, messageId: undefined },
    { ...message, context: [] }
  ])

const sent = (tracker: Tracker.Service, message: Message.Message): Effect.Effect<Tracker.Tracked | undefined> =>
  tracker.send(message).pipe(Effect.catch(() => Effect.succeed(undefined)))

/** Uses a tracker as a service may: sends a message, or makes a call. */
const give = (
  tracker: Tracker.Service,
  message: Message.Message,
  random: Random
): Effect.Effect<Tracker.Tracked | undefined> => {
  const strange = random.oneIn(3) ? generate.noJson(random) : undefined
  if (random.oneIn(100)) return sent(tracker, mangled(message, random) as Message.Message)
  switch (random.below(8)) {
    case 0: {
      const values = { ...generate.values(random, 4), strange }
      return tracker.track(
        Anything,
        { properties: { value: strange as Schema.Json, other: values as Schema.Json } },
        { messageId: message.messageId }
      )
    }
    case 1:
      return tracker.call(
        "identify",
        { traits: { ...generate.values(random, 4), strange } },
        { messageId: message.messageId }
      )
    default:
      return sent(tracker, message)
  }
}

/** Gives messages to a tracker, and returns those that each sink has delivered. */
const deliver = Effect.fnUntraced(function* (
  tracker: Tracker.Service,
  messages: ReadonlyArray<Message.Message>,
  summary: Summary,
  seed: number
) {
  const random = new Random(seed)
  const tracked: Array<Tracker.Tracked> = []
  for (const message of messages) {
    const actor = { userId: `u-${random.below(99)}`, context: random.oneIn(5) ? generate.values(random, 3) : {} }
    const one = yield* Actor.as(give(tracker, message, random), actor)
    if (one === undefined) summary.refused++
    else tracked.push(one)
  }
  yield* tracker.flushWithin(Infinity)
  const delivered = new Map<string, Array<Message.Message>>()
  for (const one of tracked) {
    for (const receipt of yield* one.receipts) {
      summary.count(receipt)
      assert.equal(receipt.messageId, one.messageId)
      assert.ok(["Delivered", "Rejected", "Skipped"].includes(receipt.outcome._tag), JSON.stringify(receipt))
      if ("reason" in receipt.outcome) assert.doesNotMatch(receipt.outcome.reason, defect)
      else push(delivered, receipt.sink, one.message)
    }
  }
  for (const metrics of yield* tracker.metrics) assert.equal(metrics.buffered, 0)
  return delivered
})

type Delivered = Effect.Success<ReturnType<typeof deliver>>

/** Checks that the vendors' servers have what their sinks have delivered, once. */
const checkVendors = Effect.fnUntraced(function* (
  { amplitude, ga4, mixpanel, posthog, segments, snowplow }: Started,
  summary: Summary,
  delivered: Delivered
) {
  for (const [name, server] of Object.entries(segments)) {
    const received = (yield* server.received).map(({ messageId }) => messageId)
    const ids = delivered.get(name)!.map(({ messageId }) => messageId)
    assert.deepEqual(received.sort(), ids.sort(), name)
    assert.deepEqual(yield* server.rejected, [], name)
    assert.deepEqual(yield* server.duplicates, [], name)
  }
  // One event for each of these, and one or more updates for each of the others.
  const events = delivered.get("mixpanel")!.filter(({ type }) => ["track", "page", "screen"].includes(type)).length
  assert.equal((yield* mixpanel.events).length, events)
  assert.equal((yield* mixpanel.raw).length, events)
  assert.ok((yield* mixpanel.updates).length >= delivered.get("mixpanel")!.length - events)
  assert.deepEqual(yield* mixpanel.rejected, [])
  const uuids = delivered.get("posthog")!.map(({ messageId }) => Uuid.of(messageId).toLowerCase())
  assert.deepEqual((yield* posthog.raw).map(({ uuid }) => uuid).sort(), uuids.sort())
  assert.deepEqual(yield* posthog.dropped, [])
  const insertIds = delivered.get("amplitude")!.map(({ messageId }) => messageId)
  assert.deepEqual((yield* amplitude.raw).map((event) => event["insert_id"]).sort(), insertIds.sort())
  assert.deepEqual(yield* amplitude.rejected, [])
  const eids = delivered.get("snowplow")!.map(({ messageId }) => Uuid.of(messageId))
  assert.deepEqual((yield* snowplow.events).map(({ fields }) => fields["eid"]!).sort(), eids.sort())
  assert.deepEqual(yield* snowplow.failed, [])
  assert.deepEqual(yield* snowplow.duplicates, [])
  const counted = delivered.get("ga4")!.map(({ messageId }) => messageId)
  assert.deepEqual((yield* ga4.events).map(({ params }) => params["message_id"]).sort(), counted.sort())
  assert.deepEqual(yield* ga4.ignored, [])
  for (const server of [...Object.values(segments), mixpanel, posthog, amplitude, snowplow, ga4]) {
    for (const { body, bytes, status, text } of yield* server.requests) {
      summary.requests++
      summary.bytes += bytes
      assert.notEqual(body, undefined, `a body is not JSON: ${text.slice(0, 200)}`)
      // RudderStack takes requests of 4 MB, which Segment's server refuses.
      const tooLarge = server === segments.rudderstack && bytes > 500_000
      assert.equal(status, tooLarge ? 400 : server === ga4 ? 204 : 200)
    }
    yield* server.clear
  }
})

/** Sends messages to every warehouse, and checks what each has. */
const fillWarehouses = (
  messages: ReadonlyArray<Message.Message>,
  summary: Summary,
  seed: number,
  postgres: string | undefined
) =>
  Effect.gen(function* () {
    const all = yield* warehouses.open(postgres)
    const sinks = EventSink.fanOut(...all.map(({ sink }) => sink))
    const tracker = yield* Effect.orDie(Tracker.make(sinks, { plan, capacity: 20_000 }))
    const delivered = yield* deliver(tracker, messages, summary, seed)
    // What is sent again, such as after a crash, is in other batches than before.
    const random = new Random(seed)
    const again = [...new Set([...delivered.values()].flat())].filter(() => random.oneIn(8))
    for (const message of again.toReversed()) yield* sent(tracker, message)
    yield* tracker.flushWithin(Infinity)
    for (const { holding, name, ...found } of all) {
      yield* Effect.promise(() => law.check(name, holding, found, delivered.get(name) ?? []))
    }
  }).pipe(Effect.scoped)

/** One round: sends messages to every sink, then checks the laws. */
const round = Effect.fnUntraced(function* (
  started: Started,
  summary: Summary,
  seed: number,
  count: number,
  postgres: string | undefined
) {
  const random = new Random(seed)
  const now = Date.now()
  const messages = Array.from({ length: count }, (_, index) => generate.message(random, index, now))
  summary.messages += count
  const [vendors, ...consoles] = started.trackers
  yield* checkVendors(started, summary, yield* deliver(vendors!, messages, summary, seed))
  for (const tracker of consoles) yield* deliver(tracker, messages, summary, seed)
  yield* fillWarehouses(messages, summary, seed, postgres)
})

/** Sends messages to every sink, in rounds. If a round fails, the error contains its seed. */
export const run = (
  options: {
    readonly messages: number
    readonly seed: number
    readonly round?: number
    /** The address of a PostgreSQL server, if messages go there, too. */
    readonly postgres?: string | undefined
  },
  progress: (done: number) => void = () => {}
): Effect.Effect<Summary> =>
  Effect.gen(function* () {
    const summary = new Summary()
    const each = options.round ?? 2_000
    const started = yield* start(summary)
    const errors: Array<string> = []
    const stuck = yield* Deferred.make<never>()
    const logger = Logger.make(({ logLevel, message }) => {
      if (logLevel === "Error" || logLevel === "Fatal") errors.push(String(message))
      // A warehouse waits for an hour: nothing here is away, so that it would wait in vain.
      if (String(message).includes("messages wait")) Deferred.doneUnsafe(stuck, Effect.die(new Error(String(message))))
    })
    for (let done = 0; done < options.messages; done += each) {
      const seed = options.seed + done
      const count = Math.min(each, options.messages - done)
      yield* round(started, summary, seed, count, options.postgres).pipe(
        Effect.raceFirst(Deferred.await(stuck)),
        Effect.provide(Logger.layer([logger])),
        Effect.onError(() => Effect.sync(() => process.stderr.write(`\nfailed: --seed ${seed} --messages ${count}\n`)))
      )
      assert.deepEqual(errors, [])
      progress(done + count)
    }
    return summary
  }).pipe(
    Effect.scoped,
    Effect.provide([Layer.provide(HttpTransport.layerHttpClient, NodeHttpClient.layerUndici), Logger.layer([])])
  )
