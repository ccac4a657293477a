/** Loads a plan in a thread of its own. */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import type { Readable } from "node:stream"
import { Worker } from "node:worker_threads"
import type * as Description from "@trackmap/core/Description"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { getTsconfig } from "get-tsconfig"
import { PlanError } from "../../PlanError.ts"
import type { SinkViews } from "../catalog/sinks/model.ts"
import { ofThrown } from "./explain.ts"
import type { Request, Response } from "./model.ts"

/** A plan, as a module exports it. */
export interface Loaded {
  readonly file: string
  /** The name of the export. */
  readonly name: string
  readonly plan: Description.Plan
  /** What the exported sinks get, if they were asked for and there are any. */
  readonly sinks?: SinkViews
}

export interface Options {
  readonly name?: string | undefined
  readonly timeout?: Duration.Input | undefined
  /** Modules for Node to load first, such as `tsx`. */
  readonly imports?: ReadonlyArray<string> | undefined
  /** Modules whose exported sinks are asked what they get of the plan's events. */
  readonly sinks?: ReadonlyArray<string> | undefined
  /** What the module prints. Default: nothing is done with it. */
  readonly onOutput?: ((text: string) => void) | undefined
}

const resultOf = (file: string, given: string | undefined, response: Response): Effect.Effect<Loaded, PlanError> => {
  const fail = (reason: string, remedy: string) => Effect.fail(new PlanError({ file, reason, remedy }))
  switch (response._tag) {
    case "Loaded": {
      const { name, plan, sinks } = response
      return Effect.succeed({ file, name, plan, ...(sinks !== undefined && { sinks }) })
    }
    case "NoPlan": {
      const exports = response.exports.length === 0 ? "nothing" : response.exports.join(", ")
      return given === undefined
        ? fail(`it exports no plan, but ${exports}`, "export one, as export const plan = Plan.make(...)")
        : fail(`it has no plan as its export ${given}, but exports ${exports}`, "name another with --export")
    }
    case "Several":
      return fail(`it exports several plans: ${response.names.join(", ")}`, "choose one with --export")
    case "Threw":
      return Effect.fail(ofThrown(response.file, response.thrown))
  }
}

/** The worker's file: as a source, or as the package has it. */
const entry = (base: string): URL => new URL(base.endsWith(".ts") ? "../../PlanWorker.ts" : "../PlanWorker.js", base)

/** What runs the module: a thread, or a process where Node is to load other modules first, whose hooks threads do not have. */
interface Running {
  readonly stdout: Readable
  readonly stderr: Readable
  readonly once: {
    (event: "message", heard: (response: Response) => void): Running
    (event: "error", heard: (cause: Error) => void): Running
    (event: "exit", heard: (code: number | null) => void): Running
  }
  readonly end: () => Promise<unknown>
}

const program = `import(${JSON.stringify(entry(import.meta.url).href)}).then(({ serve }) => serve())`

const inThread = (request: Request): Running => {
  // What the module prints is none of what the command prints.
  const worker = new Worker(program, { eval: true, workerData: request, stdout: true, stderr: true })
  return Object.assign(worker, { end: () => worker.terminate() })
}

const inProcess = (request: Request, imports: ReadonlyArray<string>): Running => {
  const before = imports.flatMap((one) => ["--import", one])
  const child = spawn(process.execPath, [...before, "--eval", program, JSON.stringify(request)], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "advanced",
    // The path aliases that the loader tsx knows.
    env: { TSX_TSCONFIG_PATH: getTsconfig(request.file)?.path, ...process.env }
  })
  return Object.assign(child, { stdout: child.stdout!, stderr: child.stderr!, end: async () => child.kill("SIGKILL") })
}

const hear = (stream: Readable, onOutput: (text: string) => void): void => {
  stream.setEncoding("utf8").on("data", onOutput)
}

/** Loads a module. */
export const load = (given: string, options: Options = {}): Effect.Effect<Loaded, PlanError> => {
  const { imports = [], name, onOutput = () => {}, timeout = "30 seconds" } = options
  const file = resolve(given)
  const sinks = (options.sinks ?? []).map((one) => resolve(one))
  const fail = (reason: string, remedy: string, of = file) => Effect.fail(new PlanError({ file: of, reason, remedy }))
  if (!existsSync(file)) return fail("there is no such file", "pass the module that exports the plan")
  const missing = sinks.find((one) => !existsSync(one))
  if (missing !== undefined) return fail("there is no such file", "pass the module that exports the sinks", missing)
  const request = { file, name, sinks }
  const answer = Effect.acquireUseRelease(
    Effect.sync(() => (imports.length === 0 ? inThread(request) : inProcess(request, imports))),
    (worker) =>
      Effect.callback<Loaded, PlanError>((resume) => {
        hear(worker.stdout, onOutput)
        hear(worker.stderr, onOutput)
        worker
          .once("message", (response: Response) => resume(resultOf(file, name, response)))
          .once("error", (cause) => resume(fail(`it ended with an error: ${cause.message}`, "correct it")))
          .once("exit", (code) =>
            resume(fail(`it ended its process, with code ${code}`, "call process.exit only where the service runs"))
          )
      }),
    (worker) => Effect.promise(() => worker.end())
  )
  return Effect.timeoutOrElse(answer, {
    duration: timeout,
    orElse: () =>
      fail(
        `it was not loaded within ${Duration.format(Duration.fromInputUnsafe(timeout))}`,
        "move what waits out of the module's top level, or pass a longer --timeout"
      )
  })
}
