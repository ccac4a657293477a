import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import { ask } from "../asking/ask.ts"
import { objectOf } from "../asking/body.ts"
import { Refused } from "../asking/Refused.ts"
import type { Knowledge } from "../knowledge.ts"
import type { LetterDetail, LetterList, Replayed } from "../protocol.ts"
import * as input from "./input.ts"
import * as letters from "./letters.ts"
import { asked, type Outbox } from "./model.ts"

type Request = HttpServerRequest.HttpServerRequest

/** The time that a person waits for a page. */
const toRead = Duration.seconds(10)
/** A database can take long to change many rows. */
const toReplay = Duration.minutes(1)

/** The letters of a page. Each is read whole. */
const most = 25

const listed = Effect.fnUntraced(function* (outbox: Outbox, knowledge: Knowledge, request: Request) {
  const { after, ...conditions } = yield* input.parameters(request.url, ["sink", "event", "after"])
  const selected = yield* input.selected(conditions)
  const place = after === undefined ? undefined : yield* input.readPlace(after)
  const found = yield* ask(asked, toRead, () => outbox.letters({ ...selected, limit: most + 1, after: place }))
  const page = found.slice(0, most)
  const list: LetterList = {
    letters: page.map((letter) => letters.summaryOf(knowledge, letter)),
    next: found.length > most ? input.writePlace(page.at(-1)!) : undefined
  }
  return list
})

const opened = Effect.fnUntraced(function* (outbox: Outbox, knowledge: Knowledge, request: Request) {
  const { id, sink } = yield* input.parameters(request.url, ["sink", "id"])
  if (sink === undefined || id === undefined)
    return yield* new Refused({ status: 400, error: "Name a sink and an id." })
  const letter = yield* ask(asked, toRead, () => outbox.letter(sink, id))
  if (letter !== undefined) return letters.opened(knowledge, letter) satisfies LetterDetail
  const error = "The outbox has no such dead letter any more: it was sent again, erased, or kept for long enough."
  return yield* new Refused({ status: 404, error })
})

const replayed = Effect.fnUntraced(function* (outbox: Outbox, request: Request) {
  const conditions = yield* input.textsOf(yield* objectOf(request), ["sink", "event", "id"])
  const selected = yield* input.selected(conditions)
  const count = yield* ask(asked, toReplay, () => outbox.replay({ ...selected, of: "letters" }))
  return { replayed: count } satisfies Replayed
})

/** The only path of the inspector that changes anything. */
export const replayPath = "/api/outbox/replay"

/** Answers a request to the outbox, or returns undefined if the path is another. */
export const answer = (
  outbox: Outbox,
  knowledge: Knowledge,
  readOnly: boolean,
  request: Request,
  path: string
): Effect.Effect<LetterList | LetterDetail | Replayed, Refused> | undefined => {
  if (path === "/api/outbox/letters") return listed(outbox, knowledge, request)
  if (path === "/api/outbox/letter") return opened(outbox, knowledge, request)
  if (path !== replayPath) return undefined
  if (readOnly) return Effect.fail(new Refused({ status: 403, error: "This page can only be read (`readOnly`)." }))
  return replayed(outbox, request)
}
