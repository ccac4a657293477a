import { connect, createServer, type Socket } from "node:net"

/** A network between a sink and the server, which can break. */
export interface Proxy {
  readonly url: string
  /** Breaks all connections, and accepts no other until `mend`. */
  readonly cut: () => void
  readonly mend: () => void
  /** Keeps all connections open, and lets nothing through, until `cut`. */
  readonly freeze: () => void
  readonly close: () => Promise<void>
}

/** Starts a proxy in front of a server. */
export const proxyTo = (address: string): Promise<Proxy> =>
  new Promise((resolve) => {
    const target = new URL(address)
    const sockets = new Set<Socket>()
    let isCut = false
    let isFrozen = false
    const server = createServer((client) => {
      if (isCut) return void client.destroy()
      const upstream = connect(Number(target.port), target.hostname)
      for (const [from, to] of [
        [client, upstream],
        [upstream, client]
      ] as const) {
        sockets.add(from)
        from.on("data", (data) => {
          if (!isFrozen) to.write(data)
        })
        from.on("error", () => to.destroy())
        from.on("close", () => {
          sockets.delete(from)
          to.destroy()
        })
      }
    })
    const cut = (): void => {
      isCut = true
      isFrozen = false
      for (const socket of sockets) socket.destroy()
    }
    server.listen(0, "127.0.0.1", () => {
      const listens = server.address()
      const url = new URL(address)
      url.port = String(typeof listens === "object" && listens !== null ? listens.port : 0)
      resolve({
        url: url.href,
        cut,
        mend: () => {
          isCut = false
        },
        freeze: () => {
          isFrozen = true
        },
        close: () =>
          new Promise((closed) => {
            cut()
            server.close(() => closed())
          })
      })
    })
  })
