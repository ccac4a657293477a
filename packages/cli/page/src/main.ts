/** The catalogue: a page for what the address names. */
import type { Site } from "../../src/internal/catalog/site/model.ts"
import { answersPage } from "./answers.ts"
import { type Child, h } from "./dom.ts"
import { type Findable, findable } from "./entries.ts"
import { deprecatedPage, entityPage, homePage, keyPage, subjectPage } from "./pages.ts"
import { Plan } from "./plan.ts"
import { Search } from "./search.ts"
import { sinkPage, sinksPage } from "./sinks.ts"

const { trackmapCatalogue } = globalThis as unknown as { readonly trackmapCatalogue: Site }
const plan = new Plan(trackmapCatalogue)
const { site } = plan

const mostAnswers = 30

/** Made by the first question. */
let known: { readonly all: ReadonlyArray<Findable>; readonly search: Search } | undefined
const searching = () => {
  if (known === undefined) {
    const all = findable(plan)
    known = { all, search: new Search(all.map(({ entry }) => entry)) }
  }
  return known
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const routeOf = (hash: string): readonly [string, string] => {
  const [, kind = "", rest = ""] = /^#\/([^/]*)\/?(.*)$/s.exec(hash) ?? []
  return [kind, decoded(rest)]
}

const pageOf = (kind: string, name: string): ReadonlyArray<Child> | undefined => {
  switch (kind) {
    case "":
      return homePage(plan)
    case "event":
    case "call":
    case "context": {
      const subject = plan.subjects[kind].get(name)
      return subject && subjectPage(plan, subject)
    }
    case "entity": {
      const entity = plan.entities.get(name)
      return entity && entityPage(plan, entity)
    }
    case "key": {
      const key = plan.keys.get(name)
      return key && keyPage(plan, key)
    }
    case "sink": {
      const at = site.sinks?.findIndex((sink) => sink.name.toWellFormed() === name) ?? -1
      return at < 0 ? undefined : sinkPage(plan, at)
    }
    case "sinks":
      return site.sinks && sinksPage(plan)
    case "deprecated":
      return deprecatedPage(plan)
    case "search": {
      const { all, search } = searching()
      const found = search.find(name, mostAnswers + 1)
      const shown = found.slice(0, mostAnswers).map(({ at }) => all[at]!)
      return answersPage(plan, name, shown, found.length > mostAnswers)
    }
    default:
      return undefined
  }
}

const nowhere = (): ReadonlyArray<Child> => [
  h("h1", { tabindex: "-1" }, "The plan has no such page"),
  h("p", {}, "It may have been renamed or removed: search for it.")
]

const input = h("input", {
  type: "search",
  id: "search",
  placeholder: "Search: manufacturer’s name",
  "aria-label": "Search the plan",
  autocomplete: "off",
  spellcheck: "false"
}) as HTMLInputElement
const status = h("p", { role: "status", class: "sr" })
const main = h("main", { id: "main" })
const links = [
  h("a", { href: "#/" }, "Plan"),
  site.sinks !== undefined && h("a", { href: "#/sinks" }, "Sinks"),
  h("a", { href: "#/deprecated" }, "Deprecated")
]
const nav = h("nav", { "aria-label": "Catalogue" }, ...links)

const scrolls = new Map<string, number>()
let shown: string | undefined
let isBack = false

const show = (): void => {
  const { hash } = location
  const [kind, name] = routeOf(hash)
  const isSearch = kind === "search"
  const page = pageOf(kind, name) ?? nowhere()
  main.replaceChildren(h("div", {}, page))
  if (document.activeElement !== input) input.value = isSearch ? name : ""
  const heading = main.querySelector("h1")
  document.title = heading === null || kind === "" ? site.title : `${heading.textContent} · ${site.title}`
  for (const one of nav.querySelectorAll("a")) {
    if (one.getAttribute("href") === (kind === "" ? "#/" : hash)) one.setAttribute("aria-current", "page")
    else one.removeAttribute("aria-current")
  }
  if (isSearch) {
    const { length } = main.querySelectorAll("a.answer")
    status.textContent = length === 0 ? "no answers" : length === 1 ? "1 answer" : `${length} answers`
  } else if (shown !== undefined) {
    heading?.focus({ preventScroll: true })
  }
  scrollTo(0, isBack ? (scrolls.get(hash) ?? 0) : 0)
  isBack = false
  shown = hash
}

/** A question replaces the one before, so that going back leads to where the reader came from. */
const ask = (): void => {
  const text = input.value.trim()
  const [kind] = routeOf(location.hash)
  const to = text === "" ? "#/" : `#/search/${encodeURIComponent(text.toWellFormed())}`
  if (kind === "search") location.replace(to)
  else if (text !== "") location.assign(to)
}

const answers = (): ReadonlyArray<HTMLElement> => [...main.querySelectorAll<HTMLElement>("a.answer")]

const move = (by: number): boolean => {
  const all = answers()
  const at = all.indexOf(document.activeElement as HTMLElement)
  const isInput = document.activeElement === input
  if (all.length === 0 || (at < 0 && !isInput)) return false
  const next = isInput ? (by > 0 ? 0 : -1) : at + by
  if (next < 0) input.focus()
  else all[Math.min(next, all.length - 1)]!.focus()
  return true
}

input.addEventListener("input", ask)
addEventListener("hashchange", show)
addEventListener("popstate", () => (isBack = true))
addEventListener("scroll", () => void (shown === location.hash && scrolls.set(shown, scrollY)), { passive: true })
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("a") !== null) queueMicrotask(() => (isBack = false))
})
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return
  const isTyping = document.activeElement === input
  if (event.key === "/" && !isTyping) {
    input.focus()
    input.select()
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!move(event.key === "ArrowDown" ? 1 : -1)) return
  } else if (event.key === "Enter" && isTyping) {
    answers()[0]?.click()
  } else {
    return
  }
  event.preventDefault()
})

document.body.replaceChildren(
  h("a", { href: "#main", class: "skip" }, "Skip to the page"),
  h(
    "header",
    { class: "top" },
    h("a", { href: "#/", class: "title" }, site.title),
    h("form", { role: "search" }, input),
    nav
  ),
  main,
  status
)
document.querySelector("form")!.addEventListener("submit", (event) => event.preventDefault())
document.querySelector(".skip")!.addEventListener("click", (event) => {
  event.preventDefault()
  main.querySelector("h1")?.focus()
})
show()
