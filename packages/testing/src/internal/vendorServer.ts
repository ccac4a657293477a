import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Http from "node:http"
import * as Https from "node:https"
import type { AddressInfo, Socket } from "node:net"
import * as Zlib from "node:zlib"
import * as Fault from "../Fault.ts"
import type { Options, Request, VendorServer } from "../VendorServer.ts"
import * as certificate from "./certificate.ts"
import { parse } from "./vendor.ts"
import type { Answer, Call, Exchange, Vendor } from "./vendor.ts"

interface Recorded extends Request {
  status: number | undefined
}

type Head = Omit<Fault.Head, "index">

/** Starts a vendor's server, and stops it when the scope closes. */
export const make = Effect.fnUntraced(function* (vendor: Vendor, options: Options) {
  const requests: Array<Recorded> = []
  const waiting = new Set<() => void>()
  let next = follow([])

  const record = (exchange: Omit<Exchange, "now" | "size">, bytes: number): Recorded => {
    const { headers, method, path, query, text = "" } = exchange
    const recorded = { method, path, query, headers, text, body: parse(text), bytes, status: undefined }
    requests.push(recorded)
    for (const check of waiting) check()
    return recorded
  }

  const handle = Effect.fnUntraced(function* (request: Http.IncomingMessage, response: Http.ServerResponse) {
    const head = headOf(request)
    const fault = next(head)
    if (fault._tag === "Reset" && fault.when !== "after") {
      const bytes = fault.when === "during" ? yield* readSome(request) : 0
      record({ ...head, text: undefined }, bytes)
      request.socket.destroy()
      return
    }
    const raw = yield* readAll(request)
    const body = decompressed(raw, head.headers["content-encoding"])
    const exchange: Exchange = {
      ...head,
      text: body?.toString(),
      size: body?.length ?? 0,
      now: yield* Clock.currentTimeMillis
    }
    const recorded = record(exchange, raw.length)

    const begin = ({ body, headers, status }: Answer) => {
      recorded.status = status
      response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) })
    }
    const respond = (answer: Answer) => {
      begin(answer)
      response.end(answer.body)
    }
    switch (fault._tag) {
      case "Status": {
        const answer = vendor.refusal(fault.code, exchange)
        return respond({
          status: fault.code,
          headers: { ...answer.headers, ...fault.headers },
          body: bodyOf(fault.body, answer)
        })
      }
      case "ErrorBody": {
        const answer = vendor.denial(exchange)
        return respond({ ...answer, body: bodyOf(fault.body, answer) })
      }
      case "Malformed": {
        const answer = process(vendor, exchange, fault)
        return respond({ ...answer, status: 200, body: `{"` })
      }
      case "Reset": {
        process(vendor, exchange, fault)
        request.socket.destroy()
        return
      }
      case "Hang": {
        return yield* Effect.never
      }
      case "Cut": {
        const answer = process(vendor, exchange, fault)
        begin(answer)
        response.flushHeaders()
        response.write(answer.body.slice(0, answer.body.length / 2), () => request.socket.destroy())
        return
      }
      case "Slow": {
        const answer = process(vendor, exchange, fault)
        begin(answer)
        for (const byte of Buffer.from(answer.body)) {
          response.write(Uint8Array.of(byte))
          yield* Effect.sleep("1 second")
        }
        response.end()
        return
      }
      case "Delay": {
        yield* Effect.sleep(fault.duration)
        return respond(process(vendor, exchange, fault))
      }
      default:
        return respond(process(vendor, exchange, fault))
    }
  })

  const run = yield* FiberSet.makeRuntime()
  const url = yield* listen(options, (request, response) => {
    const fiber = run(Effect.catchDefect(handle(request, response), (defect) => giveUp(response, defect)))
    response.once("close", () => fiber.interruptUnsafe())
  })

  const snapshot = () => requests.map((request): Request => ({ ...request }))
  const server: VendorServer = {
    url,
    requests: Effect.sync(snapshot),
    awaitRequests: (count) =>
      Effect.callback((resume) => {
        const check = () => {
          // The turn is given away so that a fault is in force, its sleep begun, before anybody hears of the request.
          if (requests.length >= count) resume(Effect.map(Effect.yieldNow, snapshot))
        }
        waiting.add(check)
        check()
        return Effect.sync(() => waiting.delete(check))
      }),
    clear: Effect.sync(() => {
      requests.length = 0
      vendor.clear()
    }),
    misbehave: (plan) =>
      Effect.sync(() => {
        next = follow(plan)
      })
  }
  return server
})

/** A test's own function has thrown: without an answer its client would wait, and nobody would learn why. */
const giveUp = (response: Http.ServerResponse, defect: unknown): Effect.Effect<void> =>
  Effect.andThen(
    Effect.sync(() => response.writeHead(500, { "content-type": "text/plain" }).end(String(defect))),
    Effect.logError("A function that was given to misbehave has thrown", defect)
  )

/** The fault of each request in turn. */
const follow = (plan: Fault.Plan): ((head: Head) => Fault.Fault) => {
  let index = 0
  if (typeof plan === "function") return (head) => plan({ ...head, index: index++ }) ?? Fault.none
  const left = plan.map(([fault, times]) => ({ fault, times }))
  return () => {
    const current = left.find(({ times }) => times > 0)
    if (current === undefined) return Fault.none
    current.times--
    return current.fault
  }
}

/** The vendor's own answer, under those faults that look at the messages. */
const process = (vendor: Vendor, exchange: Exchange, fault: Fault.Fault): Answer => {
  const call: Call | Answer = vendor.read(exchange)
  if ("status" in call) return call
  if (fault._tag === "Poison" && call.messages.some(fault.predicate)) return vendor.refusal(400, exchange)
  if (fault._tag === "TooLarge" && call.messages.length > fault.messages) return vendor.refusal(413, exchange)
  return call.commit(fault._tag === "Partial" ? fault.predicate : () => false)
}

const bodyOf = (body: unknown, answer: Answer): string =>
  body === undefined ? answer.body : typeof body === "string" ? body : JSON.stringify(body)

const headOf = (request: Http.IncomingMessage): Head => {
  const url = new URL(request.url!, "http://127.0.0.1")
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const)
  return {
    method: request.method!,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(headers)
  }
}

/** The first part of the body that comes, or nothing where there is no body: its bytes. */
const readSome = (request: Http.IncomingMessage): Effect.Effect<number> =>
  Effect.callback((resume) => {
    request.once("data", (chunk: Buffer) => {
      request.pause()
      resume(Effect.succeed(chunk.length))
    })
    request.once("end", () => resume(Effect.succeed(0)))
  })

const readAll = (request: Http.IncomingMessage): Effect.Effect<Buffer> =>
  Effect.callback((resume) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.once("end", () => resume(Effect.succeed(Buffer.concat(chunks))))
  })

const decompressed = (raw: Buffer, encoding = "identity"): Buffer | undefined => {
  if (encoding === "identity") return raw
  if (encoding !== "gzip") return undefined
  try {
    return Zlib.gunzipSync(raw)
  } catch {
    return undefined
  }
}

const listen = Effect.fnUntraced(function* (options: Options, listener: Http.RequestListener) {
  const server =
    options.tls === true
      ? Https.createServer({ key: certificate.key, cert: certificate.cert }, listener)
      : Http.createServer(listener)
  const sockets = new Set<Socket>()
  const track = (socket: Socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    // A client may leave at any time, and an unheard error would end the process.
    socket.on("error", () => socket.destroy())
  }
  server.on("connection", track)
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.once("error", (error) => resume(Effect.die(error)))
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  )
  const { port } = server.address() as AddressInfo
  return `${options.tls === true ? "https" : "http"}://127.0.0.1:${port}`
})
