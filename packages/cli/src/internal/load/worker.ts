/** Loads a module that exports a plan. It runs in a thread of its own, which ends with it, whatever the module has started. */
import { readFileSync } from "node:fs"
import { createRequire, findPackageJSON, registerHooks } from "node:module"
import { dirname, sep } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { parentPort, workerData } from "node:worker_threads"
import type * as Description from "@trackmap/core/Description"
import type * as EventSinkOfCore from "@trackmap/core/EventSink"
import type * as PlanOfCore from "@trackmap/core/Plan"
import * as Effect from "effect/Effect"
import type { Request, Response, Thrown } from "./model.ts"

/** A module of the project's own core, so that the plan and what reads it are of one version. */
const coreOf = async <A>(file: string, name: string): Promise<A> => {
  const url = (() => {
    try {
      return pathToFileURL(createRequire(file).resolve(`@trackmap/core/${name}`)).href
    } catch {
      // A project that has only packages around it.
      return `@trackmap/core/${name}`
    }
  })()
  return import(url)
}

const frame = /(?:\(|at |^)(file:\/\/[^\s()]+?|\/[^\s()]+?):(\d+)(?::\d+)?\)?$/

/** The folder of the project that a file belongs to. */
const rootOf = (file: string): string => dirname(findPackageJSON(pathToFileURL(file)) ?? file)

/** The first place in the stack that is the project's. */
const placeOf = (stack: string, root: string): Thrown["place"] => {
  for (const line of stack.split("\n")) {
    const [, given, number] = frame.exec(line.trim()) ?? []
    if (given === undefined) continue
    const file = given.startsWith("file:") ? fileURLToPath(given) : given
    if (file.startsWith(`${root}${sep}`) && !file.includes("node_modules")) return { file, line: Number(number) }
  }
  return undefined
}

const thrownOf = (cause: unknown, root: string): Thrown => {
  if (!(cause instanceof Error)) return { message: String(cause), code: undefined, place: undefined }
  const { code } = cause as { readonly code?: unknown }
  return {
    message: cause.message,
    code: typeof code === "string" ? code : cause.name,
    place: placeOf(cause.stack ?? "", root)
  }
}

/** TypeScript that a build makes CommonJS has imports, which Node takes for a mistake in a package of that type. */
const runAsWritten = (file: string): void => {
  const manifest = findPackageJSON(pathToFileURL(file))
  // A loader such as tsx has an answer of its own.
  if (parentPort === null || manifest === undefined) return
  if (JSON.parse(readFileSync(manifest, "utf8")).type !== "commonjs") return
  registerHooks({
    load: (url, context, next) =>
      context.format === "commonjs-typescript" && /^(?:import|export)\b/m.test(readFileSync(new URL(url), "utf8"))
        ? next(url, { ...context, format: "module-typescript" })
        : next(url, context)
  })
}

type Exports = Readonly<Record<string, unknown>>

/** What a module exports. A CommonJS module has its exports in the default one, too. */
const exportsOf = async (file: string, isOwn: (value: object) => boolean): Promise<Exports> => {
  const exports: Exports = await import(pathToFileURL(file).href)
  const { default: main } = exports as { readonly default?: object }
  return { ...(typeof main === "object" && main !== null && !isOwn(main) ? main : {}), ...exports }
}

/** An error of a module that was loaded beside the plan's. */
class Elsewhere {
  readonly file: string
  readonly cause: unknown
  constructor(file: string, cause: unknown) {
    this.file = file
    this.cause = cause
  }
}

/** What the exported sinks of modules get of a plan. */
const sinksOf = async (files: ReadonlyArray<string>, plan: PlanOfCore.Plan, description: Description.Plan) => {
  const { viewsOf } = await import("../catalog/sinks/preview.ts")
  const core = await coreOf<typeof EventSinkOfCore>(files[0]!, "EventSink")
  const all: Record<string, unknown> = {}
  for (const file of files) {
    const exports = await exportsOf(file, core.isEventSink).catch((cause: unknown) => {
      throw new Elsewhere(file, cause)
    })
    Object.assign(all, exports)
  }
  return Effect.runPromise(viewsOf(core, all, plan, description))
}

const answer = async ({ file, name, sinks }: Request): Promise<Response> => {
  runAsWritten(file)
  const { describe, isPlan } = await coreOf<typeof PlanOfCore>(file, "Plan")
  const all = await exportsOf(file, isPlan)
  const plans = new Map<PlanOfCore.Plan, string>()
  for (const [key, value] of Object.entries(all)) if (isPlan(value) && !plans.has(value)) plans.set(value, key)
  const named = [...plans].filter(([, key]) => name === undefined || key === name)
  const [found, ...others] = named
  if (found === undefined) return { _tag: "NoPlan", exports: Object.keys(all) }
  if (others.length > 0) return { _tag: "Several", names: named.map(([, key]) => key) }
  const [plan, key] = found
  const description = describe(plan)
  const views = sinks.length === 0 ? undefined : await sinksOf(sinks, plan, description)
  return { _tag: "Loaded", name: key, plan: description, ...(views !== undefined && { sinks: views }) }
}

/** Loads the module that this thread or process was started for, and posts what it found. */
export const serve = async (): Promise<void> => {
  const request: Request = parentPort === null ? JSON.parse(process.argv[1]!) : workerData
  const response = await answer(request).catch((thrown: unknown): Response => {
    const { cause, file } = thrown instanceof Elsewhere ? thrown : { file: request.file, cause: thrown }
    return { _tag: "Threw", file, thrown: thrownOf(cause, rootOf(file)) }
  })
  if (parentPort === null) process.send!(response)
  else parentPort.postMessage(response, [])
}
