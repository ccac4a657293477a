import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const main = fileURLToPath(new URL("../main.ts", import.meta.url))

/** The shop did not start. */
export class NotStarted extends Schema.TaggedError<NotStarted>()("NotStarted", { printed: Schema.String }) {
  override get message(): string {
    return `The shop did not start. It printed:\n${this.printed}`
  }
}

/** A shop in a process of its own. */
export interface ShopProcess {
  readonly pid: number
  /** Its address. */
  readonly url: string
  /** What it printed at its start. */
  readonly printed: string
  /** Adds a line to the order of a buyer. False if the shop did not answer, and nobody knows whether there is a line. */
  readonly addLine: (buyer: number, product: number, qty: number) => Effect.Effect<boolean>
  /** Ends it with a signal, and waits for its end. */
  readonly end: (signal: "SIGKILL" | "SIGTERM") => Effect.Effect<void>
}

const started = (child: ChildProcess): Effect.Effect<readonly [url: string, printed: string], NotStarted> =>
  Effect.callback((resume) => {
    let printed = ""
    const read = (text: string): void => {
      printed += text
      const url = /The shop: +(http:\S+?)\/?\s/.exec(printed)?.[1]
      if (url !== undefined && printed.includes("Ctrl-C")) resume(Effect.succeed([url, printed]))
    }
    child.stdout!.setEncoding("utf8").on("data", read)
    child.stderr!.setEncoding("utf8").on("data", read)
    child.once("exit", () => resume(Effect.fail(new NotStarted({ printed }))))
  })

const post = (url: string, cookie: string, fields: Readonly<Record<string, string>>): Effect.Effect<boolean> =>
  Effect.promise(async (signal) => {
    const body = new URLSearchParams(fields)
    try {
      return (
        (await fetch(url, { method: "POST", headers: { cookie }, body, redirect: "manual", signal })).status === 303
      )
    } catch {
      // The shop is gone.
      return false
    }
  })

/** Starts a shop that keeps its events in a file. It is killed when the scope closes. */
export const start = Effect.fnUntraced(function* (database: string, env: Readonly<Record<string, string>> = {}) {
  const args = [main, "--durable", "--database", database, "--port", "0", "--sinks", "segment,mixpanel"]
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] })
    ),
    (process) => Effect.sync(() => process.kill("SIGKILL"))
  )
  const ended = once(child, "exit")
  const [url, printed] = yield* started(child)
  return {
    pid: child.pid!,
    url,
    printed,
    addLine: (buyer, product, qty) =>
      post(`${url}/lines`, `buyer=${buyer}`, { product: String(product), qty: String(qty) }),
    end: (signal) =>
      Effect.promise(() => {
        child.kill(signal)
        return ended
      })
  } satisfies ShopProcess
})
