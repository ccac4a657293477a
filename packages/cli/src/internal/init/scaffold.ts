/** What is added to a service: its files, its packages, and what to do next. */
import { readFileSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { dirname, join, posix } from "node:path"
import * as Effect from "effect/Effect"
import { InitError } from "../../InitError.ts"
import { written } from "./code.ts"
import type { Framework, Service } from "./model.ts"
import { addingOf, isRunByNode, isWithGlobals, type Packages, packagesOf, zodOf } from "./packages.ts"
import { type SinkName, sinks } from "./sinks.ts"

export interface Options {
  readonly sink?: SinkName | undefined
  /** In place of what the service's dependencies show. */
  readonly framework?: Framework | undefined
  /** The folder of the tracking, from the service's. Default: `tracking` in the folder of its sources. */
  readonly folder?: string | undefined
}

/** What is added to a service. */
export interface Scaffold extends Packages {
  readonly service: Service
  readonly sink: SinkName
  /** Texts by file, from the service's folder. */
  readonly files: ReadonlyMap<string, string>
  /** The commands that add the packages. */
  readonly commands: ReadonlyArray<ReadonlyArray<string>>
  /** The command that runs the test. */
  readonly test: string
  /** What to do next. */
  readonly steps: ReadonlyArray<string>
}

/** A file of this package, whether it runs from its sources or as it is published. */
const template = (name: string): string =>
  readFileSync(join(dirname(findPackageJSON(import.meta.url)!), "templates", name), "utf8")

/** A sink with Effect: all but these two have the form of Segment's. */
const effectSink = (name: SinkName): string => {
  if (name === "console") return template("effect/sink.ts")
  if (name === "duckdb") return template("effect/sinks/duckdb.ts")
  const { module, title, variables } = sinks[name]
  return template("effect/sinks/segment.ts")
    .replace("Segment if", `${title} if`)
    .replaceAll("SEGMENT_WRITE_KEY", variables[0]!)
    .replaceAll("@trackmap/segment", `@trackmap/${name}`)
    .replaceAll(/\bSegment(?= }|\.config)/g, module)
}

const sinkOf = (service: Service, name: SinkName): string =>
  service.framework === "effect"
    ? effectSink(name)
    : template(name === "console" ? "promises/sink.ts" : `promises/sinks/${name}.ts`)

const testOf = (service: Service): string => {
  const face = service.framework === "effect" ? "effect" : "promises"
  if (service.runner === "vitest") return template(`${face}/plan.vitest.ts`)
  const code = template(`${face}/plan.node.ts`)
  if (service.runner === "node:test") return code
  const imported = `import { it } from "node:test"\n`
  return code.replace(imported, isWithGlobals(service) ? "" : imported.replace("node:test", "@jest/globals"))
}

const templatesOf = (service: Service, sink: SinkName, zod: string): ReadonlyMap<string, string> => {
  const { framework } = service
  const face = framework === "effect" ? "effect" : "promises"
  const isWired = framework !== "effect" && framework !== "node"
  return new Map([
    ["sink", sinkOf(service, sink)],
    ["tracking", template(framework === "next" ? "promises/tracking.next.ts" : `${face}/tracking.ts`)],
    ...(isWired ? [[framework, template(`promises/${framework}.ts`)] as const] : []),
    ["plan.test", testOf(service)],
    // The last, since a service with a plan has its tracking.
    ["plan", template(`${face}/plan.ts`).replace(`from "zod"`, `from "${zod}"`)]
  ])
}

const runs = { npm: "npx", pnpm: "pnpm exec", yarn: "yarn", bun: "bunx" } as const

const testCommand = (service: Service, file: string): string => {
  const run = runs[service.manager]
  switch (service.runner) {
    case "vitest":
      return `${run} vitest run ${file}`
    case "jest":
      // The packages are ES modules, which Jest loads only with this flag.
      return `NODE_OPTIONS=--experimental-vm-modules ${run} jest ${file}`
    case "node:test":
      return isRunByNode(service) ? `node --test ${file}` : `${run} tsx --test ${file}`
  }
}

const wiring: Readonly<Record<Framework, (file: (name: string) => string) => string>> = {
  express: (file) =>
    `Import \`actor\` and \`closeWith\` from ${file("express")}: \`app.use(actor)\` before the routes, and \`closeWith(app.listen(port))\``,
  fastify: (file) => `Import \`addTracking\` from ${file("fastify")}, and call \`addTracking(app)\` before the routes`,
  hono: (file) =>
    `Import \`actor\` and \`closeWith\` from ${file("hono")}: \`app.use(actor)\` before the routes, and \`closeWith(serve(app))\` on Node`,
  next: (file) =>
    `Import \`tracked\` from ${file("next")}, and wrap your route handlers: \`export const POST = tracked(async (request) => …)\``,
  nest: (file) =>
    `Import \`TrackingModule\` and \`actor\` from ${file("nest")}: add the module to your AppModule, and call \`app.use(actor)\` and \`app.enableShutdownHooks()\``,
  effect: (file) =>
    `Provide \`TrackingLive\` from ${file("tracking")} to your program, and set the actor of each request with \`Actor.as({ userId })\``,
  node: (file) =>
    `Import \`tracking\` from ${file("tracking")}, and set the actor of each request or job with \`Actor.run({ userId }, () => …)\``
}

const tracking = ({ framework }: Service): string =>
  framework === "effect"
    ? '`yield* Tracker.track(OrderPlaced, { order, properties: { via: "shop" } })`'
    : '`await tracking.track(OrderPlaced, { order, properties: { via: "shop" } })`'

const keys = (sink: SinkName): string => {
  const { title, variables } = sinks[sink]
  return variables.length === 0
    ? ""
    : `. Events go to ${title} where ${variables.join(" and ")} ${variables.length === 1 ? "is" : "are"} set`
}

/** What is to be added to a service. */
export const scaffold = Effect.fnUntraced(function* (found: Service, options: Options = {}) {
  const service: Service = { ...found, framework: options.framework ?? found.framework }
  const sink = options.sink ?? "console"
  const folder = posix.normalize(options.folder ?? posix.join(service.sources, "tracking"))
  if (posix.isAbsolute(folder) || folder.split("/")[0] === "..") {
    return yield* new InitError({
      reason: `${folder} is not in the folder of the service`,
      remedy: "pass a folder from there, such as --out src/events",
      written: []
    })
  }
  if (options.framework === undefined && found.dependencies.has("wrangler")) {
    return yield* new InitError({
      reason: "the service is a Cloudflare worker, whose requests cannot share a tracking",
      remedy: "make one for each request (Cloudflare Workers in docs/without-effect.md), or pass --framework on Node",
      written: []
    })
  }
  if (service.framework === "nest" && service.language === "JavaScript") {
    return yield* new InitError({
      reason: "the module of Nest has decorators, which JavaScript does not",
      remedy: "pass --framework node, and wire it yourself",
      written: []
    })
  }
  const extension = service.language === "TypeScript" ? "ts" : "js"
  const zod = service.framework === "effect" ? "zod" : yield* zodOf(service)
  const packages = yield* packagesOf(service, sink)
  const nameOf = (name: string) => posix.join(folder, `${name}.${extension}`)
  const files = new Map(
    Array.from(templatesOf(service, sink, zod), ([name, code]) => [
      nameOf(name),
      // A test that vitest runs is an ES module wherever it is.
      written(code, name === "plan.test" && service.runner === "vitest" ? { ...service, modules: "ESM" } : service)
    ])
  )
  const test = testCommand(service, nameOf("plan.test"))
  const commands = [
    ...(packages.dependencies.size > 0 ? [addingOf(service, packages.dependencies, { dev: false })] : []),
    ...(packages.devDependencies.size > 0 ? [addingOf(service, packages.devDependencies, { dev: true })] : [])
  ]
  return {
    service,
    sink,
    files,
    ...packages,
    commands,
    test,
    steps: [
      `${wiring[service.framework](nameOf)}.`,
      `Track where it happens: ${tracking(service)}${keys(sink)}.`,
      `Describe your own events in ${nameOf("plan")}, run \`${runs[service.manager]} trackmap lock\`, and commit trackmap.lock.`
    ]
  } satisfies Scaffold
})
