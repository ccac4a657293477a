/** A cluster of real servers on the loopback interface. */
import { freePort } from "../../../fixtures/freePort.ts"
import { NatsServer } from "./natsServer.ts"

interface Status {
  readonly meta_cluster?: { readonly leader?: string; readonly cluster_size?: number }
}

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** A node, and the address of its monitoring. */
export interface Node {
  readonly name: string
  readonly server: NatsServer
  readonly monitor: string
}

export class NatsCluster {
  readonly nodes: ReadonlyArray<Node>

  private constructor(nodes: ReadonlyArray<Node>) {
    this.nodes = nodes
  }

  /** A cluster whose servers have found each other. */
  static async start(size = 3): Promise<NatsCluster> {
    const ports = await Promise.all(Array.from({ length: size * 3 }, () => freePort()))
    const routes = ports.slice(size, 2 * size).map((port) => `nats://127.0.0.1:${port}`)
    const nodes = await Promise.all(
      Array.from({ length: size }, async (_, index): Promise<Node> => {
        const name = `n${index + 1}`
        const monitor = ports[2 * size + index]!
        const config = `
server_name: ${name}
http: "127.0.0.1:${monitor}"
jetstream { store_dir: "$FOLDER" }
cluster { name: "trackmap", listen: "127.0.0.1:${ports[size + index]}", routes: ${JSON.stringify(routes)} }`
        const server = await NatsServer.start({ config, port: ports[index]! })
        return { name, server, monitor: `http://127.0.0.1:${monitor}` }
      })
    )
    const cluster = new NatsCluster(nodes)
    await cluster.settled()
    return cluster
  }

  get urls(): ReadonlyArray<string> {
    return this.nodes.map(({ server }) => server.url)
  }

  node(name: string): Node | undefined {
    return this.nodes.find((node) => node.name === name)
  }

  /** Waits until all servers agree on a leader, and know each other: fresh servers sometimes find only one other. */
  async settled(): Promise<void> {
    for (let attempt = 0; attempt < 240; attempt++) {
      const found = await Promise.all(this.nodes.map((node) => status(node)))
      const leaders = new Set(found.map((one) => one?.meta_cluster?.leader ?? ""))
      const sizes = found.map((one) => one?.meta_cluster?.cluster_size ?? 0)
      if (leaders.size === 1 && !leaders.has("") && sizes.every((size) => size === this.nodes.length)) return
      await pause(250)
    }
    throw new Error("the servers have not become a cluster within a minute")
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map(({ server }) => server.close()))
  }
}

const status = async ({ monitor }: Node): Promise<Status | undefined> => {
  try {
    return (await (await fetch(`${monitor}/jsz`)).json()) as Status
  } catch {
    return undefined
  }
}
