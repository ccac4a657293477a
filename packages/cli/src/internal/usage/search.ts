/** Searches the code of a project for what it does with events. */
import { dirname, join, relative, resolve } from "node:path"
import type { Node, SourceFile } from "typescript/unstable/ast"
import type { API, Project, Snapshot } from "typescript/unstable/sync"
import * as Effect from "effect/Effect"
import { parseTsconfig } from "get-tsconfig"
import { ProjectError } from "../../ProjectError.ts"
import type { Place, Usage } from "./model.ts"
import { type Alias, closure, lastName, type Named, read } from "./names.ts"
import { type Role, roleOf } from "./roles.ts"
import { load, type TypeScript } from "./typescript.ts"
import { Types } from "./types.ts"

/** Tests track events without the service doing it. */
const isTest = /(?:^|[/.])(?:test|tests|spec|__tests__|__mocks__)[/.]/
const isCode = (file: string): boolean =>
  !file.includes("/node_modules/") && !/\.d\.[cm]?ts$/.test(file) && !isTest.test(relative(process.cwd(), file))

/** A place where a name stands that can lead to an event. */
interface Candidate {
  readonly node: Node
  readonly isContainer: boolean
  readonly role: Role
}

const candidatesOf = (
  { is }: TypeScript,
  file: SourceFile,
  leading: ReadonlySet<string>,
  containers: ReadonlySet<string>
): ReadonlyArray<Candidate> => {
  const found: Array<Candidate> = []
  const add = (node: Node, name: string | undefined): void => {
    if (name === undefined) return
    const [leads, contains] = [leading.has(name), containers.has(name)]
    if (!leads && !contains) return
    const role = roleOf(is, node)
    if (role._tag !== "Argument" && role._tag !== "Used") return
    if (leads) found.push({ node, role, isContainer: false })
    if (contains) found.push({ node, role, isContainer: true })
  }
  const visit = (node: Node): undefined => {
    if (is.isTypeNode(node) || is.isImportClause(node) || is.isExportSpecifier(node)) return
    if (is.isPropertyAccessExpression(node) || is.isElementAccessExpression(node)) {
      add(node, lastName(is, node))
      visit(node.expression)
      if (is.isElementAccessExpression(node)) visit(node.argumentExpression)
      return
    }
    if (is.isIdentifier(node)) {
      const { parent } = node
      const isName =
        (parent as { readonly name?: Node }).name === node ||
        (parent as { readonly propertyName?: Node }).propertyName === node
      if (!isName || is.isShorthandPropertyAssignment(parent)) add(node, node.text)
      return
    }
    node.forEachChild(visit)
  }
  file.forEachChild(visit)
  return found
}

/** The projects that a tsconfig.json stands for: itself, and those that it refers to. */
const configsOf = (config: string, seen: Set<string>): void => {
  if (seen.has(config)) return
  seen.add(config)
  for (const { path } of parseTsconfig(config).references ?? []) {
    const at = resolve(dirname(config), path)
    configsOf(at.endsWith(".json") ? at : join(at, "tsconfig.json"), seen)
  }
}

interface Read {
  readonly file: SourceFile
  readonly project: Project
  readonly named: Named
}

const filesOf = ({ is }: TypeScript, snapshot: Snapshot): ReadonlyArray<Read> => {
  const seen = new Set<string>()
  return snapshot.getProjects().flatMap((project) =>
    project.program.getSourceFileNames().flatMap((name) => {
      if (!isCode(name) || seen.has(name)) return []
      seen.add(name)
      const file = project.program.getSourceFile(name)
      return file === undefined ? [] : [{ file, project, named: read(is, file) }]
    })
  )
}

const addTo = (to: Map<string, Array<Place>>, name: string, place: Place): void => {
  const known = to.get(name)
  if (known === undefined) to.set(name, [place])
  else if (!known.some(({ file, line }) => file === place.file && line === place.line)) known.push(place)
}

const tracks: ReadonlySet<string> = new Set(["track", "trackUnsafe"])
const idOf = (node: Node): string => `${node.getSourceFile().fileName} ${node.pos}`

/** The functions that pass a parameter of theirs to `track`, at once or through others, and what is one of them with another `this`. */
const trackersOf = (files: ReadonlyArray<Read>): ReadonlySet<string> => {
  const functions = files.flatMap(({ file, named }) => named.functions.map((one) => ({ ...one, file })))
  const names = closure(
    tracks,
    functions.map(({ calls, name }): Alias => ({ name, from: calls }))
  )
  return new Set(
    functions.flatMap(({ calls, file, name, node }) =>
      calls.some((one) => names.has(one)) ? [node === undefined ? `${file.fileName} ${name}` : idOf(node)] : []
    )
  )
}

/** Whether a call tracks its argument: of `track`, under any name, or of a function that passes it on. Others can have the same name. */
const isTracking = ({ checker }: Project, trackers: ReadonlySet<string>, call: Node, callee = ""): boolean => {
  if (tracks.has(callee) || trackers.has(`${call.getSourceFile().fileName} ${callee}`)) return true
  const declaration = checker.getResolvedSignature(call)?.declaration?.resolve()
  if (declaration === undefined) return false
  const { name } = declaration.parent as { readonly name?: Node }
  const isOfTrackmap = /\/(?:Tracker|Tracking)\.d\.ts$/.test(declaration.getSourceFile().fileName)
  return (isOfTrackmap && name !== undefined && tracks.has(name.getText())) || trackers.has(idOf(declaration))
}

const searchIn = (typescript: TypeScript, snapshot: Snapshot): Usage => {
  const files = filesOf(typescript, snapshot)
  const types = new Map(snapshot.getProjects().map((project) => [project, new Types(project.checker)]))
  const seeds = new Set<string>()
  const planned = new Set<string>()
  const relations = new Map<string, Set<string>>()
  for (const { named, project } of files) {
    if (named.declared.length === 0) continue
    const own = types.get(project)!
    project.checker.getTypeAtLocation(named.declared).forEach((type, index) => {
      if (own.events(type).length > 0) seeds.add((named.declared[index] as { readonly text: string } & Node).text)
      for (const name of own.plan(type) ?? []) planned.add(name)
      const related = own.entity(type)
      if (related === undefined) return
      const known = relations.get(related.entity) ?? new Set()
      for (const relation of related.relations) known.add(relation)
      relations.set(related.entity, known)
    })
  }
  const leading = closure(
    seeds,
    files.flatMap(({ named }) => named.aliases)
  )
  const modules = new Set(files.flatMap(({ named }) => named.modules))
  const known = new Set([...leading, ...modules, "events"])
  const everything = files.flatMap(({ named }) => [...named.containers, ...named.aliases])
  const reached = closure(known, everything)
  const containers = new Set([...reached].filter((name) => !leading.has(name) || name === "events"))
  const trackers = trackersOf(files)

  const tracked = new Map<string, Array<Place>>()
  const passed = new Map<string, Array<Place>>()
  for (const { file, project } of files) {
    const candidates = candidatesOf(typescript, file, leading, containers)
    if (candidates.length === 0) continue
    const own = types.get(project)!
    const found = project.checker.getTypeAtLocation(candidates.map(({ node }) => node))
    candidates.forEach(({ isContainer, node, role }, index) => {
      const names = isContainer ? own.within(found[index]) : own.events(found[index])
      if (names.length === 0) return
      const isTracked =
        !isContainer && role._tag === "Argument" && isTracking(project, trackers, role.call, role.callee)
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
      const place = { file: relative(process.cwd(), file.fileName), line: line + 1 }
      for (const name of names) addTo(isTracked ? tracked : passed, name, place)
    })
  }
  return { files: new Set(files.map(({ file }) => file.fileName)), tracked, passed, planned, relations }
}

/** The connection to TypeScript's process, which its interface hides. */
interface Connected {
  readonly client: {
    readonly channel: { readonly child: { readonly kill: (signal: "SIGKILL") => void }; readonly close: () => void }
  }
}

/** Ends TypeScript's process at once: if it has the time, it prints to the standard error of this one that it ends. */
const end = (api: API): void => {
  const { channel } = (api as unknown as Connected).client
  channel.child.kill("SIGKILL")
  channel.close()
}

/** Searches the projects of some tsconfig.json files, and of those that they refer to. */
export const search = (configs: ReadonlyArray<string>): Effect.Effect<Usage, ProjectError> =>
  Effect.gen(function* () {
    const first = configs[0]!
    const typescript = yield* load(first)
    const failed = (cause: unknown) =>
      new ProjectError({
        project: first,
        reason: `its code cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy: "correct it, name another with --project, or pass --no-usage"
      })
    return yield* Effect.acquireUseRelease(
      Effect.try({ try: () => new typescript.API({ cwd: dirname(first) }), catch: failed }),
      (api) =>
        Effect.try({
          try: () => {
            const all = new Set<string>()
            for (const config of configs) configsOf(config, all)
            return searchIn(typescript, api.updateSnapshot({ openProjects: [...all] }))
          },
          catch: failed
        }),
      (api) => Effect.sync(() => end(api))
    )
  })
