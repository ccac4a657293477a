import { describe, expect, it } from "vitest"
import type { LetterList, LetterSummary } from "../../src/internal/protocol.ts"
import { makeLetters } from "./letters.ts"

const letter = (id: string, sink = "segment"): LetterSummary => ({
  sink,
  id,
  event: "orderPlaced",
  state: "rejected",
  reason: "no such field",
  attempts: 1,
  created: 0,
  at: 0
})

/** A service that answers by the path, and records what it was asked. */
const serviceOf = (answer: (path: string) => Response | Promise<Response>) => {
  const asked: Array<string> = []
  const letters = makeLetters(async (path, init) => {
    asked.push(`${path}${typeof init?.body === "string" ? ` ${init.body}` : ""}`)
    return answer(path)
  })
  return { asked, letters }
}

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status })
const pageOf = (ids: ReadonlyArray<string>, next?: string): LetterList => ({
  letters: ids.map((id) => letter(id)),
  next
})

describe("the list of dead letters", () => {
  it("goes to older pages and back, and starts anew for other conditions", async () => {
    const { asked, letters } = serviceOf((path) =>
      json(
        path.includes("after=two")
          ? pageOf(["c"])
          : path.includes("after=one")
            ? pageOf(["b"], "two")
            : pageOf(["a"], "one")
      )
    )
    await letters.load()
    await letters.older()
    await letters.older()
    expect(letters.list.value?.letters).toEqual([letter("c")])
    await letters.older()
    expect(letters.places.value).toEqual(["one", "two"])
    await letters.newer()
    expect(letters.list.value?.letters).toEqual([letter("b")])
    await letters.refine({ sink: "a&b", event: "order placed" })
    expect(letters.places.value).toEqual([])
    expect(asked.at(-1)).toBe("outbox/letters?sink=a%26b&event=order+placed")
  })

  it("goes back a page if all letters of the last one are gone", async () => {
    let isGone = false
    const { letters } = serviceOf((path) =>
      json(path.includes("after") ? pageOf(isGone ? [] : ["b"]) : pageOf(["a"], "one"))
    )
    await letters.load()
    await letters.older()
    isGone = true
    await letters.load()
    expect(letters.list.value?.letters).toEqual([letter("a")])
    expect(letters.places.value).toEqual([])
  })

  it("keeps the last letters while the service fails, and says why", async () => {
    const answers: Array<() => Response> = [
      () => json(pageOf(["a"])),
      () => json({ error: "outbox, letters: no database" }, 503),
      () => new Response("<html>", { status: 502 }),
      () => {
        throw new TypeError("network")
      },
      () => json(pageOf([]))
    ]
    const { letters } = serviceOf(() => answers.shift()!())
    const problems: Array<string | undefined> = []
    while (answers.length > 0) {
      await letters.load()
      problems.push(letters.problem.value)
      if (answers.length > 0) expect(letters.list.value?.letters).toEqual([letter("a")])
    }
    expect(problems).toEqual([
      undefined,
      "outbox, letters: no database",
      "The service responded 502.",
      "The service does not respond.",
      undefined
    ])
  })

  it("ignores an answer that comes after a later one", async () => {
    const late = Promise.withResolvers<Response>()
    const { letters } = serviceOf((path) => (path.includes("sink") ? json(pageOf(["new"])) : late.promise))
    const first = letters.load()
    await letters.refine({ sink: "segment" })
    late.resolve(json(pageOf(["old"])))
    await first
    expect(letters.list.value?.letters).toEqual([letter("new")])
  })

  it("opens a letter, or says why it cannot", async () => {
    const { asked, letters } = serviceOf((path) =>
      path.includes("gone") ? json({ error: "gone" }, 404) : json(letter("a"))
    )
    expect(await letters.read("segment", "a/b")).toEqual({ value: letter("a") })
    expect(await letters.read("segment", "gone")).toEqual({ error: "gone" })
    expect(asked[0]).toBe("outbox/letter?sink=segment&id=a%2Fb")
  })
})

describe("sending again", () => {
  it("says how many letters are due, or why none is, and loads the list", async () => {
    const answers = [
      json({ replayed: 1 }),
      json({ replayed: 1_200 }),
      json({ replayed: 0 }),
      json({ error: "no" }, 403)
    ]
    const { asked, letters } = serviceOf((path) => (path === "outbox/replay" ? answers.shift()! : json(pageOf([]))))
    const said: Array<unknown> = []
    for (const again of [{ sink: "segment", id: "a" }, { event: "orderPlaced" }, {}, {}]) {
      await letters.sendAgain(again)
      said.push(letters.said.value)
    }
    expect(said).toEqual([
      { text: "1 dead letter is due again. A relay sends it next.", isBad: false },
      { text: "1,200 dead letters are due again. A relay sends them next.", isBad: false },
      { text: "There was nothing to send again: these letters are gone.", isBad: false },
      { text: "no", isBad: true }
    ])
    expect(asked.slice(0, 3)).toEqual([
      `outbox/replay {"sink":"segment","id":"a"}`,
      "outbox/letters?",
      `outbox/replay {"event":"orderPlaced"}`
    ])
  })

  it("says so if the letter comes back", async () => {
    let list = pageOf([])
    const { letters } = serviceOf((path) => json(path === "outbox/replay" ? { replayed: 1 } : list))
    await letters.sendAgain({ sink: "segment", id: "a" })
    list = { letters: [letter("b"), letter("a", "mixpanel")], next: undefined }
    await letters.load()
    expect(letters.said.value?.isBad).toBe(false)
    list = pageOf(["a"])
    await letters.load()
    expect(letters.said.value).toEqual({ text: "orderPlaced is a dead letter of segment again.", isBad: true })
  })

  it("does one thing at a time", async () => {
    const first = Promise.withResolvers<Response>()
    const { asked, letters } = serviceOf((path) => (path === "outbox/replay" ? first.promise : json(pageOf([]))))
    const sending = letters.sendAgain({})
    await letters.sendAgain({})
    first.resolve(json({ replayed: 2 }))
    await sending
    expect(asked.filter((path) => path.startsWith("outbox/replay"))).toHaveLength(1)
  })
})
