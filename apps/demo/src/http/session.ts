import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as SqlClient from "effect/sql/SqlClient"
import * as Records from "../Records.ts"
import { asBuyer, from } from "../tracking/actor.ts"
import { firstBuyer } from "../Wholesale.ts"
import { buyerId } from "./input.ts"

/** Who is signed in. */
export class SignedIn extends Context.Service<SignedIn, Records.Buyer>()("demo/http/SignedIn") {}

const options = { httpOnly: true, sameSite: "lax", path: "/" } as const

const buyerOf = (request: HttpServerRequest.HttpServerRequest) =>
  Schema.decodeUnknownEffect(buyerId.schema)(request.cookies["buyer"]).pipe(
    Effect.flatMap(Records.buyer),
    // There are no passwords, so nothing to refuse: without a valid cookie, the client is the first buyer.
    Effect.catch(() => Effect.orDie(Records.buyer(firstBuyer)))
  )

const whereOf = ({ headers, remoteAddress }: HttpServerRequest.HttpServerRequest) => {
  const userAgent = headers["user-agent"]
  return {
    ...(Option.isSome(remoteAddress) ? { ip: remoteAddress.value } : {}),
    ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, 300) })
  }
}

/** The actor of a request, for everything that it tracks. */
export const session = HttpRouter.middleware<{ provides: SignedIn }>()(
  Effect.map(
    Effect.context<SqlClient.SqlClient>(),
    (database) => (answer) =>
      Effect.gen(function* () {
        const request = yield* HttpServerRequest.HttpServerRequest
        const buyer = yield* Effect.provide(buyerOf(request), database)
        return yield* answer.pipe(asBuyer(buyer), from(whereOf(request)), Effect.provideService(SignedIn, buyer))
      })
  )
)

export const signedInAs = (id: number) => HttpServerResponse.setCookieUnsafe("buyer", String(id), options)

/** The result of an action, which the next page shows. */
const Done = Schema.Struct({
  sentence: Schema.String.check(Schema.isMaxLength(200)),
  events: Schema.Array(Schema.String.check(Schema.isMaxLength(50))).check(Schema.isMaxLength(3)),
  messageId: Schema.String.check(Schema.isPattern(/^[\w-]{0,99}$/))
})
export type Done = typeof Done.Type

const DoneJson = Schema.fromJsonString(Done)

export const withDone = (done: Done) =>
  HttpServerResponse.setCookieUnsafe("done", Schema.encodeSync(DoneJson)(done), { ...options, maxAge: "1 minute" })

/** The result of the last action, shown once: the response deletes the cookie. */
export const takeDone = Effect.map(HttpServerRequest.HttpServerRequest, (request) => ({
  done: Option.getOrUndefined(Schema.decodeUnknownOption(DoneJson)(request.cookies["done"])),
  taken: (response: HttpServerResponse.HttpServerResponse) =>
    request.cookies["done"] === undefined ? response : HttpServerResponse.expireCookieUnsafe(response, "done", options)
}))
