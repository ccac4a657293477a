import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { fileURLToPath } from "node:url"
import type { Name } from "./contestants.ts"
import { count, idsOf } from "./ids.ts"
import * as Server from "./server.ts"
import type { Trouble } from "./troubles.ts"

/** A line that a client's process writes. */
export type Line =
  | readonly ["begin"]
  | readonly ["tracked", events: number]
  | readonly ["lost", id: string]
  | readonly ["error"]
  | readonly ["closing"]
  | readonly ["closed"]

/** The fate of one client's events under one fault. The first counts add up to `tracked`. */
export interface Outcome {
  readonly fault: string
  readonly client: Name
  readonly accepted: number
  /** Not accepted, and some error, callback or receipt named the event or its batch. */
  readonly reported: number
  /** Not accepted, and nothing said so. */
  readonly silent: number
  readonly tracked: number
  /** Events accepted more than once. */
  readonly twice: number
  /** Accepted events that the client reported as lost. */
  readonly mistaken: number
  /** Errors that named no event. */
  readonly unnamed: number
  /** Events that arrived and were never tracked. */
  readonly unknown: number
  /** Milliseconds until closing, or the process after a signal, ended. Null if it did not end. */
  readonly close: number | null
  /** The exit code or the signal, if the process did not end by itself. */
  readonly ended: string | null
}

/** Milliseconds after which closing counts as hanging. */
export const patience = 90_000
/** The limit in milliseconds for starting and tracking. */
const beginning = 60_000

const entry = fileURLToPath(new URL("client.ts", import.meta.url))

export const run = async (client: Name, trouble: Trouble): Promise<Outcome> => {
  const server = await Server.make(trouble)
  if (trouble.refusedFor === undefined) await server.listen()
  const child = spawn(process.execPath, [entry, client, server.url, ...(trouble.sigterm === true ? ["sigterm"] : [])], {
    stdio: ["ignore", "ignore", "pipe", "pipe"]
  })
  const lost = new Set<string>()
  let unnamed = 0
  let tracked = 0
  let closing = Number.NaN
  let closed = Number.NaN
  let said = ""
  child.stderr!.on("data", (chunk) => {
    said = (said + chunk).slice(-2_000)
  })
  const kill = (): void => void child.kill("SIGKILL")
  let deadline = setTimeout(kill, beginning)
  const close = (): void => {
    closing = performance.now()
    clearTimeout(deadline)
    deadline = setTimeout(kill, patience)
  }

  const lines = createInterface({ input: child.stdio[3] as Readable })
  lines.on("line", (text) => {
    const line = JSON.parse(text) as Line
    switch (line[0]) {
      case "begin":
        if (trouble.refusedFor !== undefined) setTimeout(() => void server.listen(), trouble.refusedFor)
        return
      case "tracked":
        tracked = line[1]
        if (trouble.sigterm === true) {
          close()
          child.kill("SIGTERM")
        }
        return
      case "lost":
        lost.add(line[1])
        return
      case "error":
        unnamed++
        return
      case "closing":
        return close()
      case "closed":
        closed = performance.now()
    }
  })
  const read = new Promise((resolve) => lines.once("close", resolve))
  const [code, signal] = await new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) =>
    child.once("exit", (...ended) => resolve(ended))
  )
  const ended = performance.now()
  clearTimeout(deadline)
  await read
  server.close()
  if (tracked !== count) throw new Error(`${client}, ${trouble.name}: tracked ${tracked} events\n${said}`)

  const ids = Array.from({ length: count }, (_, index) => idsOf(index))
  const { kept } = server
  const missing = ids.filter((id) => !kept.has(id))
  const reported = missing.filter((id) => lost.has(id)).length
  const hung = signal === "SIGKILL" && Number.isNaN(closed)
  return {
    fault: trouble.name,
    client,
    accepted: count - missing.length,
    reported,
    silent: missing.length - reported,
    tracked,
    twice: ids.filter((id) => (kept.get(id) ?? 0) > 1).length,
    mistaken: ids.filter((id) => kept.has(id) && lost.has(id)).length,
    unnamed,
    unknown: [...kept.keys()].filter((id) => !ids.includes(id)).length,
    close: hung ? null : (Number.isNaN(closed) ? ended : closed) - closing,
    ended: hung || (code === 0 && signal === null) ? null : (signal ?? `code ${code}`)
  }
}
