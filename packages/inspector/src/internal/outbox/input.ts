import * as Effect from "effect/Effect"
import { Refused } from "../asking/Refused.ts"
import type { DeadLetter, LettersOf } from "./model.ts"

const bad = (error: string): Effect.Effect<never, Refused> => Effect.fail(new Refused({ status: 400, error }))

const longest = 40_000

/** Checks texts by their names. A name that is misspelt would select every letter. */
export const textsOf = <Name extends string>(
  given: Readonly<Record<string, unknown>>,
  names: ReadonlyArray<Name>
): Effect.Effect<{ readonly [N in Name]?: string }, Refused> => {
  const known = `use ${names.join(", ")}`
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name as Name))
      return bad(`There is no condition ${JSON.stringify(name.slice(0, 40))}: ${known}.`)
    if (typeof value !== "string" || value === "" || value.length > longest) {
      return bad(`${name} must be a string of 1 to ${longest} characters.`)
    }
  }
  return Effect.succeed(given as { readonly [N in Name]?: string })
}

/** The parameters of an address. */
export const parameters = <Name extends string>(
  url: string,
  names: ReadonlyArray<Name>
): Effect.Effect<{ readonly [N in Name]?: string }, Refused> => {
  const query = /\?([^#]*)/.exec(url)?.[1] ?? ""
  return textsOf(Object.fromEntries(new URLSearchParams(query)), names)
}

/** The letters that conditions select. An id is of one sink. */
export const selected = (conditions: {
  readonly sink?: string
  readonly event?: string
  readonly id?: string
}): Effect.Effect<LettersOf, Refused> => {
  const { event, id, sink } = conditions
  if (id !== undefined && sink === undefined) return bad("An id needs its sink.")
  return Effect.succeed({
    ...(sink !== undefined && { sink }),
    ...(event !== undefined && { events: [event] }),
    ...(id !== undefined && { ids: [id] })
  })
}

type Place = Pick<DeadLetter, "at" | "sink" | "id">

/** A place in the list, as a text for an address. */
export const writePlace = ({ at, id, sink }: Place): string => JSON.stringify([at, sink, id])

/** Reads what `writePlace` has written. */
export const readPlace = (text: string): Effect.Effect<Place, Refused> => {
  const wrong = bad("after is not the `next` of a page.")
  try {
    const [at, sink, id, ...rest] = JSON.parse(text) as ReadonlyArray<unknown>
    const isPlace = Number.isSafeInteger(at) && typeof sink === "string" && typeof id === "string" && rest.length === 0
    return isPlace ? Effect.succeed({ at: at as number, sink, id }) : wrong
  } catch {
    return wrong
  }
}
