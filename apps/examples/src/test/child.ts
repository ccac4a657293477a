import { spawn } from "node:child_process"
import type { Running } from "./suite.ts"

/** The line in which servers print their address. */
const listening = /(?:http:\/\/127\.0\.0\.1:|"port":)(\d+)/

/** Starts a server as a separate process, which prints its address, and ends it with SIGTERM. */
export const child = (
  program: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>
): Promise<Running> =>
  new Promise((resolve, reject) => {
    const started = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] })
    const ended = new Promise<number | null>((exited) => started.once("close", (code) => exited(code)))
    let output = ""
    const hear = (text: string) => {
      output += text
      const port = listening.exec(output)?.[1]
      if (port !== undefined)
        resolve({
          url: `http://127.0.0.1:${port}`,
          close: async () => {
            started.kill("SIGTERM")
            await ended
          }
        })
    }
    started.stdout.setEncoding("utf8").on("data", hear)
    started.stderr.setEncoding("utf8").on("data", hear)
    void ended.then((code) => reject(new Error(`It ended with ${code} before it listened:\n${output}`)))
  })

/** One of the servers of `main.ts`. */
export const main = (name: string, env: Readonly<Record<string, string>>): Promise<Running> =>
  child(process.execPath, [new URL("../main.ts", import.meta.url).pathname, name], env)
