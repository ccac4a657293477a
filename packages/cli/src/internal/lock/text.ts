/** A lock as the text of its file: a line of JSON for each part, sorted. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { LockError } from "../../LockError.ts"
import { Entity, Header, idOf, Key, Kind, type Lock, Relation, type Subject } from "./model.ts"

/** The first line. */
export const first = `["trackmap lock",1]`

const name = Schema.String
const Line = Schema.Union([
  Schema.Tuple([Kind, name, Header]),
  Schema.Tuple([Kind, name, name, Key]),
  Schema.Tuple([Schema.Literal("entity"), name, Entity]),
  Schema.Tuple([Schema.Literal("relation"), name, name, Relation])
])
/** A line of a lock file. */
export type Line = typeof Line.Type

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Line), { onExcessProperty: "error" })

/** A line of a file, or undefined if it is none of a lock. */
export const lineOf = (text: string): Line | undefined => Result.getOrUndefined(decode(text))

/** Keys in one order, whatever made them. */
const sorted = (value: unknown): unknown =>
  typeof value !== "object" || value === null
    ? value
    : Array.isArray(value)
      ? value.map(sorted)
      : Object.fromEntries(
          Object.entries(value)
            .filter(([, inner]) => inner !== undefined)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, inner]) => [key, sorted(inner)])
        )

const textOf = (line: Line): string => JSON.stringify(line.map(sorted))

/** The names of a line, in whose order the lines are. A separator that is less than any letter puts a name before those that it begins. */
const orderOf = (line: Line): string => line.slice(0, -1).join("\u0000")

/** The file. */
export const write = ({ entities, relations, subjects }: Lock): string => {
  const lines: Array<Line> = []
  for (const { header, keys, kind, name } of subjects.values()) {
    lines.push([kind, name, header])
    for (const [key, value] of keys) lines.push([kind, name, key, value])
  }
  for (const [name, entity] of entities) lines.push(["entity", name, entity])
  for (const [path, relation] of relations) {
    const at = path.indexOf(".")
    lines.push(["relation", path.slice(0, at), path.slice(at + 1), relation])
  }
  const texts = lines.map((line) => [orderOf(line), textOf(line)] as const).sort(([a], [b]) => (a < b ? -1 : 1))
  return [first, ...texts.map(([, text]) => text), ""].join("\n")
}

const again = "write it again with `trackmap lock`"

const conflict = /^(?:<{7}|={7}|>{7}|\|{7})(?: |$)/

/** Why a line is none of a lock. */
export const wrongIn = (text: string): string =>
  conflict.test(text) ? "the file has merge conflicts" : "this is not a line of a lock file"

interface Read {
  readonly subjects: Map<string, Subject & { readonly keys: Map<string, Key> }>
  readonly entities: Map<string, Entity>
  readonly relations: Map<string, Relation>
}

/** Adds a line to what was read. A subject's own line comes before its keys. Returns what is wrong, if anything. */
const add = ({ entities, relations, subjects }: Read, line: Line): string | undefined => {
  const [kind, name, value] = line
  if (kind === "entity") {
    if (entities.has(name)) return `the entity ${name} appears twice`
    entities.set(name, line[2])
  } else if (kind === "relation") {
    relations.set(`${name}.${line[2]}`, line[3])
  } else if (typeof value !== "string") {
    if (subjects.has(idOf({ kind, name }))) return `the ${kind} ${name} appears twice`
    subjects.set(idOf({ kind, name }), { kind, name, header: value, keys: new Map() })
  } else {
    const subject = subjects.get(idOf({ kind, name }))
    if (subject === undefined) return `the ${kind} ${name} has no line of its own before its keys`
    if (subject.keys.has(value)) return `the key ${value} of ${name} appears twice`
    subject.keys.set(value, line[3] as Key)
  }
  return undefined
}

/** Reads a file. `file` names it in errors. */
export const read = (text: string, file: string): Result.Result<Lock, LockError> => {
  const wrong = (line: number, reason: string, remedy = again) =>
    Result.fail(new LockError({ file, line, reason, remedy }))
  const lines = String(text).split(/\r?\n/)
  if (lines[0] !== first) {
    const isNewer = lines[0]?.startsWith(`["trackmap lock",`) === true
    return isNewer
      ? wrong(1, "a newer trackmap has written this file", "update @trackmap/cli")
      : wrong(1, conflict.test(lines[0] ?? "") ? wrongIn(lines[0]!) : "this is not a lock file of trackmap")
  }
  const lock: Read = { subjects: new Map(), entities: new Map(), relations: new Map() }
  for (const [index, own] of lines.entries()) {
    if (index === 0 || own === "") continue
    const decoded = decode(own)
    if (Result.isFailure(decoded)) return wrong(index + 1, wrongIn(own))
    const reason = add(lock, decoded.success)
    if (reason !== undefined) return wrong(index + 1, reason)
  }
  return Result.succeed(lock)
}
