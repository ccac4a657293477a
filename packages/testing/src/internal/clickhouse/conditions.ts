import { type Column, Exception, type Row } from "./model.ts"
import type { Tokens } from "./tokens.ts"

/** What a condition can refer to. */
export interface Scope {
  readonly columns: ReadonlyArray<Column>
  /** The values of `{name:Type}`, escaped as a request has them. */
  readonly parameters: Readonly<Record<string, string>>
  /** Runs a query in parentheses, and returns the values of its column. */
  readonly select: (tokens: Tokens) => ReadonlyArray<unknown>
}

type Expression = (row: Row) => unknown

const escapes: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", 0: "\0", b: "\b", f: "\f" }
const unescaped = (text: string): string => text.replaceAll(/\\(.)/gs, (_, mark: string) => escapes[mark] ?? mark)

/** A time in the form in which the tables have it. */
const time = (text: string): string => `${new Date(text).toISOString().replace("T", " ").slice(0, 23)}000`

/** The functions, of arguments that are not null. */
const functions: Readonly<Record<string, (...given: ReadonlyArray<any>) => unknown>> = {
  position: (text: string, part: string) => text.indexOf(part) + 1,
  parseDateTime64BestEffort: time
}

/** One of the words, if it is the next, which is then passed. */
const oneOf = (tokens: Tokens, ...words: ReadonlyArray<string>): string | undefined =>
  words.find((word) => tokens.skip(word))

const parameterOf = (tokens: Tokens, { parameters }: Scope): Expression => {
  const name = tokens.take("word")
  tokens.until("}")
  tokens.expect("}")
  const given = parameters[`param_${name}`]
  if (given === undefined) throw new Exception(456, `Substitution \`${name}\` is not set`)
  const value = unescaped(given)
  return () => value
}

const callOf = (name: string, tokens: Tokens, scope: Scope): Expression => {
  const given = [operandOf(tokens, scope)]
  while (tokens.skip(",")) given.push(operandOf(tokens, scope))
  tokens.expect(")")
  if (name === "coalesce") return (row) => given.map((one) => one(row)).find((value) => value !== null) ?? null
  const call = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (call === undefined) throw new Exception(46, `Function with name ${name} does not exist`)
  return (row) => {
    const values = given.map((one) => one(row))
    return values.includes(null) ? null : call(...values)
  }
}

const operandOf = (tokens: Tokens, scope: Scope): Expression => {
  if (tokens.skip("{")) return parameterOf(tokens, scope)
  const is = tokens.next?.is
  const value = tokens.take("name", "text", "word")
  if (is === "word" && tokens.skip("(")) return callOf(value, tokens, scope)
  if (is === "text" || /^\d+$/.test(value)) return () => (is === "text" ? value : Number(value))
  if (!scope.columns.some(({ name }) => name === value)) throw new Exception(47, `Unknown identifier ${value}`)
  return (row) => row[value] ?? null
}

const compared = (operator: string, one: unknown, other: unknown): boolean => {
  if (one === null || other === null) return false
  if (operator === "=") return one === other
  return operator === "<" ? (one as string) < (other as string) : (one as string) > (other as string)
}

const testOf = (tokens: Tokens, scope: Scope): Expression => {
  if (tokens.skip("(")) {
    const inner = conditionOf(tokens, scope)
    tokens.expect(")")
    return inner
  }
  const left = operandOf(tokens, scope)
  if (tokens.skip("IS NOT NULL")) return (row) => left(row) !== null
  if (tokens.skip("IN (")) {
    const values = new Set(scope.select(tokens))
    tokens.expect(")")
    return (row) => values.has(left(row))
  }
  const operator = oneOf(tokens, "=", "<", ">")
  if (operator === undefined) throw tokens.wrong("a comparison")
  const right = operandOf(tokens, scope)
  return (row) => compared(operator, left(row), right(row))
}

const joined = (tokens: Tokens, word: string, next: () => Expression): ReadonlyArray<Expression> => {
  const all = [next()]
  while (tokens.skip(word)) all.push(next())
  return all
}

/** Reads the condition of a `WHERE`: comparisons, `IN` a query, `IS NOT NULL`, with `AND` and `OR`. */
export const conditionOf = (tokens: Tokens, scope: Scope): ((row: Row) => boolean) => {
  const any = joined(tokens, "OR", () => {
    const all = joined(tokens, "AND", () => testOf(tokens, scope))
    return (row) => all.every((one) => one(row) === true)
  })
  return (row) => any.some((one) => one(row) === true)
}
