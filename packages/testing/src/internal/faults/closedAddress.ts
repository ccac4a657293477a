import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"

const listen = (server: Net.Server, port: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.once("error", (error) => resume(Effect.die(error)))
    server.listen(port, "127.0.0.1", () => resume(Effect.void))
  })

/**
 * A port that nobody listens on, and that no other process is given: a connection comes from it. A port that is only free can go to a
 * server of another test, which then answers.
 */
const reserve: Effect.Effect<{ readonly port: number; readonly free: () => void }, never, Scope.Scope> =
  Effect.acquireRelease(
    Effect.gen(function* () {
      const server = Net.createServer((socket) => socket.on("error", () => {}))
      yield* listen(server, 0)
      const socket = Net.connect((server.address() as Net.AddressInfo).port, "127.0.0.1")
      yield* Effect.callback<void>((resume) => {
        socket.once("connect", () => resume(Effect.void))
        socket.once("error", (error) => resume(Effect.die(error)))
      })
      return {
        port: socket.localPort!,
        free: () => {
          // A reset leaves no connection behind that would keep the port.
          socket.resetAndDestroy()
          server.close()
        }
      }
    }),
    ({ free }) => Effect.sync(free)
  )

/** An address that refuses connections until you connect it to a server. */
export const make: Effect.Effect<
  { readonly url: string; readonly leadTo: (url: string) => Effect.Effect<void, never, Scope.Scope> },
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const { free, port } = yield* reserve
  return {
    url: `http://127.0.0.1:${port}`,
    leadTo: (url: string) => {
      const sockets = new Set<Net.Socket>()
      const join = (from: Net.Socket, to: Net.Socket): void => {
        sockets.add(from)
        from.once("close", () => to.destroy())
        from.on("error", () => to.destroy())
        from.pipe(to)
      }
      const server = Net.createServer((near) => {
        const far = Net.connect(Number(new URL(url).port), "127.0.0.1")
        join(near, far)
        join(far, near)
      })
      return Effect.acquireRelease(Effect.andThen(Effect.sync(free), listen(server, port)), () =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const socket of sockets) socket.destroy()
        })
      )
    }
  }
})
