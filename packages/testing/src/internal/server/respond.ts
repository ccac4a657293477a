import * as Effect from "effect/Effect"
import type * as Http from "node:http"
import type * as Fault from "../../Fault.ts"
import { denial, process, refusal } from "./answer.ts"
import type { Answer, Vendor } from "./model.ts"
import type { Recorded } from "./request.ts"

/** Responds to a request whose body has been read, as the vendor would or as the fault requires. */
export const respond = (
  vendor: Vendor,
  request: Recorded,
  fault: Fault.Fault,
  response: Http.ServerResponse
): Effect.Effect<void> => {
  const begin = ({ body, headers, status }: Answer): void => {
    request.status = status
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) })
  }
  const send = (answer: Answer): void => {
    begin(answer)
    response.end(answer.body)
  }
  switch (fault._tag) {
    case "Status":
      return Effect.sync(() => {
        const answer = refusal(vendor, fault.code, request)
        const headers = { ...answer.headers, ...fault.headers }
        send({ status: fault.code, headers, body: bodyOf(fault.body, answer) })
      })
    case "ErrorBody":
      return Effect.sync(() => {
        const answer = denial(vendor, request)
        send({ ...answer, body: bodyOf(fault.body, answer) })
      })
    case "Malformed":
      return Effect.sync(() => send({ ...process(vendor, request, fault), status: 200, body: `{"` }))
    case "Reset":
      return Effect.sync(() => {
        process(vendor, request, fault)
        response.req.socket.destroy()
      })
    case "Hang":
      return Effect.never
    case "Cut":
      return Effect.sync(() => {
        const answer = process(vendor, request, fault)
        begin(answer)
        response.flushHeaders()
        response.write(answer.body.slice(0, answer.body.length / 2), () => response.req.socket.destroy())
      })
    case "Slow":
      return Effect.gen(function* () {
        const answer = process(vendor, request, fault)
        begin(answer)
        for (const byte of Buffer.from(answer.body)) {
          response.write(Uint8Array.of(byte))
          yield* Effect.sleep("1 second")
        }
        response.end()
      })
    case "Delay":
      return Effect.andThen(
        Effect.sleep(fault.duration),
        Effect.sync(() => send(process(vendor, request, fault)))
      )
    default:
      return Effect.sync(() => send(process(vendor, request, fault)))
  }
}

const bodyOf = (body: unknown, answer: Answer): string =>
  body === undefined ? answer.body : typeof body === "string" ? body : JSON.stringify(body)
