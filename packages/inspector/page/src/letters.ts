/** The dead letters of the outbox: a page of them, and sending them again. */
import { signal } from "@preact/signals"
import type { LetterDetail, LetterList, Replayed } from "../../src/internal/protocol.ts"
import { type Answer, answerOf, type Ask, post } from "./answer.ts"
import { counted } from "./format.ts"

/** The letters that are listed: of a sink, of an event. An empty text is any. */
export interface Conditions {
  readonly sink: string
  readonly event: string
}

/** The letters to send again. */
export interface Again {
  readonly sink?: string
  readonly event?: string
  readonly id?: string
}

/** The result of the last action. */
export interface Said {
  readonly text: string
  readonly isBad: boolean
}

const sentence = (replayed: number): string => {
  if (replayed === 0) return "There was nothing to send again: these letters are gone."
  return `${counted(replayed, "dead letter is", "dead letters are")} due again. A relay sends ${replayed === 1 ? "it" : "them"} next.`
}

const queryOf = (given: Readonly<Record<string, string | undefined>>): string =>
  String(new URLSearchParams(Object.entries(given).filter((pair): pair is [string, string] => Boolean(pair[1]))))

/** The list of dead letters, as signals. */
export const makeLetters = (ask: Ask) => {
  const conditions = signal<Conditions>({ sink: "", event: "" })
  /** Where each page after the first starts, up to the one that is shown. */
  const places = signal<ReadonlyArray<string>>([])
  const list = signal<LetterList | undefined>(undefined)
  /** Why the list could not be loaded. The last one stays. */
  const problem = signal<string | undefined>(undefined)
  const said = signal<Said | undefined>(undefined)
  const isSending = signal(false)
  let latest = 0
  /** The letter that was sent again last. */
  let sent: Again | undefined

  /** Loads the page. If its letters are gone, loads the one before. */
  const load = async (): Promise<void> => {
    const mine = ++latest
    const query = queryOf({ ...conditions.peek(), after: places.peek().at(-1) })
    const answer = await answerOf<LetterList>(ask(`outbox/letters?${query}`))
    if (mine !== latest) return
    if ("error" in answer) {
      problem.value = answer.error
      return
    }
    problem.value = undefined
    if (answer.value.letters.length === 0 && places.peek().length > 0) return newer()
    list.value = answer.value
    const back = answer.value.letters.find(({ id, sink }) => sent?.id === id && sent.sink === sink)
    if (back === undefined || isSending.peek()) return
    sent = undefined
    said.value = { text: `${back.event} is a dead letter of ${back.sink} again.`, isBad: true }
  }

  const newer = (): Promise<void> => {
    places.value = places.peek().slice(0, -1)
    return load()
  }

  const older = (): Promise<void> => {
    const next = list.peek()?.next
    if (next !== undefined) places.value = [...places.peek(), next]
    return load()
  }

  const refine = (some: Partial<Conditions>): Promise<void> => {
    conditions.value = { ...conditions.peek(), ...some }
    places.value = []
    list.value = undefined
    said.value = undefined
    sent = undefined
    return load()
  }

  /** Sends letters again, says what became of it, and loads the page. */
  const sendAgain = async (again: Again): Promise<void> => {
    if (isSending.peek()) return
    isSending.value = true
    said.value = undefined
    const answer = await answerOf<Replayed>(ask("outbox/replay", post(again)))
    sent = "error" in answer || again.id === undefined ? undefined : again
    said.value =
      "error" in answer ? { text: answer.error, isBad: true } : { text: sentence(answer.value.replayed), isBad: false }
    isSending.value = false
    await load()
  }

  const read = (sink: string, id: string): Promise<Answer<LetterDetail>> =>
    answerOf<LetterDetail>(ask(`outbox/letter?${queryOf({ sink, id })}`))

  return { conditions, places, list, problem, said, isSending, load, newer, older, refine, sendAgain, read }
}
