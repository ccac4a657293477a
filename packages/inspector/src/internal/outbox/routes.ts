import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import type { Knowledge } from "../knowledge.ts"
import type { LetterDetail, LetterList, Replayed } from "../protocol.ts"
import { ask } from "./ask.ts"
import * as input from "./input.ts"
import * as letters from "./letters.ts"
import type { Outbox } from "./model.ts"
import { Refused } from "./Refused.ts"

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
  const found = yield* ask(toRead, () => outbox.letters({ ...selected, limit: most + 1, after: place }))
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
  const letter = yield* ask(toRead, () => outbox.letter(sink, id))
  if (letter !== undefined) return letters.opened(knowledge, letter) satisfies LetterDetail
  const error = "The outbox has no such dead letter any more: it was sent again, erased, or kept for long enough."
  return yield* new Refused({ status: 404, error })
})

/** Far more than any request of the page. */
const longest = ByteSize.kilobytes(128)

const isTooLong = ({ reason }: { readonly reason: object }): boolean =>
  (reason as { readonly reason?: string }).reason === "BodyTooLarge"

const textOf = (request: Request): Effect.Effect<string, Refused> =>
  request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, longest),
    Effect.mapError((error) =>
      isTooLong(error)
        ? new Refused({ status: 413, error: "The body is longer than any request of the page." })
        : new Refused({ status: 400, error: "The body could not be read." })
    )
  )

/** Pages of other sites cannot send JSON without asking first (CORS), and the inspector never says yes. */
const isJson = ({ headers }: Request): boolean => /^application\/json\s*(?:;|$)/i.test(headers["content-type"] ?? "")

const replayed = Effect.fnUntraced(function* (outbox: Outbox, request: Request) {
  if (!isJson(request)) return yield* new Refused({ status: 415, error: "Send JSON, as application/json." })
  const conditions = yield* input.body(yield* textOf(request), ["sink", "event", "id"])
  const selected = yield* input.selected(conditions)
  const count = yield* ask(toReplay, () => outbox.replay({ ...selected, of: "letters" }))
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
