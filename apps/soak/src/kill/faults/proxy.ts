import { once } from "node:events"
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net"

/** What a proxy does with connections: `"refuse"` ends them, `"hang"` keeps them and passes nothing on. */
export type Mode = "pass" | "refuse" | "hang"

/** Stands between the processes and the database's server. */
export class Proxy {
  readonly #server: Server
  readonly #target: number
  readonly #sockets = new Set<Socket>()
  /** By the socket of a process, the one to the server. */
  readonly #pairs = new Map<Socket, Socket>()
  #mode: Mode = "pass"
  /** How much later each packet arrives, in milliseconds. */
  delay = 0
  /** The connections that were made. */
  connections = 0

  constructor(target: number) {
    this.#target = target
    this.#server = createServer((client) => this.#accept(client))
  }

  static async open(target: number): Promise<Proxy> {
    const proxy = new Proxy(target)
    proxy.#server.listen(0, "127.0.0.1")
    await once(proxy.#server, "listening")
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  set mode(mode: Mode) {
    this.#mode = mode
    if (mode === "refuse") this.cut()
    for (const socket of this.#sockets) {
      if (mode === "hang") socket.pause()
      else socket.resume()
    }
  }

  /** Breaks all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Forgets all connections without a word to the processes, as when a machine loses its power and another takes over its address. */
  abandon(): void {
    for (const [client, server] of this.#pairs) {
      client.removeAllListeners("data").resume()
      server.removeAllListeners("close").destroy()
    }
    this.#pairs.clear()
  }

  #accept(client: Socket): void {
    this.connections++
    if (this.#mode === "refuse") {
      client.destroy()
      return
    }
    const server = connect(this.#target, "127.0.0.1")
    this.#pairs.set(client, server)
    const pass = (from: Socket, to: Socket): void => {
      this.#sockets.add(from)
      from.setNoDelay(true)
      if (this.#mode === "hang") from.pause()
      from.on("data", (chunk: Buffer) => {
        // The timers of one delay end in their order.
        if (this.delay > 0) setTimeout(() => to.write(chunk), this.delay)
        else to.write(chunk)
      })
      from.on("error", () => {})
      from.on("close", () => {
        this.#sockets.delete(from)
        this.#pairs.delete(client)
        to.destroy()
      })
    }
    pass(client, server)
    pass(server, client)
  }

  async close(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, "close")
  }
}
