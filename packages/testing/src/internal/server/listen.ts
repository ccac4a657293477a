import * as Effect from "effect/Effect"
import * as Http from "node:http"
import * as Https from "node:https"
import type { AddressInfo, Socket } from "node:net"
import * as certificate from "./certificate.ts"
import type { Options } from "./model.ts"

/** Listens on a free port of this machine until the scope closes, and returns the origin. */
export const listen = Effect.fnUntraced(function* (options: Options, listener: Http.RequestListener) {
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
