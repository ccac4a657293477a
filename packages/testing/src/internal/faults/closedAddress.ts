import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"

const listen = (server: Net.Server, port: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.once("error", (error) => resume(Effect.die(error)))
    server.listen(port, "127.0.0.1", () => resume(Effect.void))
  })

/** An address that refuses connections until you connect it to a server. */
export const make: Effect.Effect<{
  readonly url: string
  readonly leadTo: (url: string) => Effect.Effect<void, never, Scope.Scope>
}> = Effect.gen(function* () {
  const reserved = Net.createServer()
  yield* listen(reserved, 0)
  const { port } = reserved.address() as Net.AddressInfo
  yield* Effect.callback<void>((resume) => void reserved.close(() => resume(Effect.void)))
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
      return Effect.acquireRelease(listen(server, port), () =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const socket of sockets) socket.destroy()
        })
      )
    }
  }
})
