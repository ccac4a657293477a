/** Loads a module that exports a plan. It runs in a thread of its own, which ends with it, whatever the module has started. */
import { readFileSync } from "node:fs"
import { createRequire, findPackageJSON, registerHooks } from "node:module"
import { dirname, sep } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { parentPort, workerData } from "node:worker_threads"
import type * as PlanOfCore from "@trackmap/core/Plan"
import type { Request, Response, Thrown } from "./model.ts"

/** The plan module of the project's own core, so that the plan and what describes it are of one version. */
const planModule = async (file: string): Promise<typeof PlanOfCore> => {
  const url = (() => {
    try {
      return pathToFileURL(createRequire(file).resolve("@trackmap/core/Plan")).href
    } catch {
      // A project that has only packages around it.
      return "@trackmap/core/Plan"
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

const answer = async ({ file, name }: Request): Promise<Response> => {
  runAsWritten(file)
  const { describe, isPlan } = await planModule(file)
  const exports: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href)
  // A CommonJS module has its exports in the default one, too.
  const { default: main } = exports as { readonly default?: object }
  const all = { ...(typeof main === "object" && !isPlan(main) ? main : {}), ...exports }
  const plans = new Map<PlanOfCore.Plan, string>()
  for (const [key, value] of Object.entries(all)) if (isPlan(value) && !plans.has(value)) plans.set(value, key)
  const named = [...plans].filter(([, key]) => name === undefined || key === name)
  const [found, ...others] = named
  if (found === undefined) return { _tag: "NoPlan", exports: Object.keys(all) }
  if (others.length > 0) return { _tag: "Several", names: named.map(([, key]) => key) }
  return { _tag: "Loaded", name: found[1], plan: describe(found[0]) }
}

/** Loads the module that this thread or process was started for, and posts what it found. */
export const serve = async (): Promise<void> => {
  const request: Request = parentPort === null ? JSON.parse(process.argv[1]!) : workerData
  const response = await answer(request).catch((cause: unknown): Response => ({
    _tag: "Threw",
    thrown: thrownOf(cause, rootOf(request.file))
  }))
  if (parentPort === null) process.send!(response)
  else parentPort.postMessage(response, [])
}
