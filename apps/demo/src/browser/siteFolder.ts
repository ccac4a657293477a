/** The catalogue's site in a folder of its own, as a browser opens it from a disk. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Catalog, Lock, PlanModule } from "@trackmap/cli"
import type { Description } from "@trackmap/core"
import * as Effect from "effect/Effect"
import type { BrowserContextOptions, Page } from "playwright-core"
import * as chromium from "./chromium.ts"
import { run } from "./inspecting.ts"

const tracking = join(import.meta.dirname, "../tracking")

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "trackmap-site-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** Writes a site. Returns the address of its page. */
export const written = (files: ReadonlyMap<string, string>) =>
  Effect.map(folder, (path) => {
    for (const [name, text] of files) writeFileSync(join(path, name), text)
    return pathToFileURL(join(path, "index.html")).href
  })

/** The plan as it was before order lines told the manufacturer. */
const earlier = (plan: Description.Plan): Description.Plan => ({
  ...plan,
  events: plan.events.map((event) => ({
    ...event,
    nodes: event.nodes.filter(({ path }) => path !== "OrderLine.product.manufacturer")
  }))
})

/** Commits the locks of plans, each a month later, and reads their history. */
const historyOf = Effect.fnUntraced(function* (...plans: ReadonlyArray<Description.Plan>) {
  const cwd = yield* folder
  const env = { ...process.env }
  for (const who of ["AUTHOR", "COMMITTER"]) {
    env[`GIT_${who}_NAME`] = "a"
    env[`GIT_${who}_EMAIL`] = "a@a.test"
  }
  const git = (...args: ReadonlyArray<string>) => execFileSync("git", args, { cwd, env, stdio: "pipe" })
  git("init", "--quiet")
  let lock = Lock.empty
  for (const [at, plan] of plans.entries()) {
    lock = Lock.make(plan, lock)
    writeFileSync(join(cwd, "trackmap.lock"), Lock.write(lock))
    git("add", "trackmap.lock")
    env["GIT_COMMITTER_DATE"] = `2026-0${at + 1}-10T12:00:00Z`
    git("commit", "--quiet", "-m", "plan")
  }
  return { lock, history: yield* Catalog.history(join(cwd, "trackmap.lock")) }
})

/** The site of the demo's plan, of which order lines tell the manufacturer since February. */
export const site = Effect.gen(function* () {
  const { plan, sinks } = yield* PlanModule.load(join(tracking, "plan.ts"), { sinks: [join(tracking, "sinks.ts")] })
  const { history, lock } = yield* historyOf(earlier(plan), plan)
  return yield* written(Catalog.site(plan, { title: "The shop's events", lock, history, sinks }))
})

/** Opens a page, and remembers what it asks for beside the files of its folder. */
export const open = Effect.fnUntraced(function* (address: string, options?: BrowserContextOptions) {
  const { complaints, tab } = yield* chromium.person(yield* chromium.browser, options)
  const page = yield* tab
  const requests: Array<string> = []
  const own = address.slice(0, address.lastIndexOf("/"))
  page.on("request", (request) => {
    if (!request.url().startsWith(own) && !request.url().startsWith("data:")) requests.push(request.url())
  })
  yield* run(() => page.goto(address))
  return { page, complaints, requests }
})

/** Asks the search. */
export const search = (page: Page, question: string) =>
  page.getByRole("searchbox", { name: "Search the plan" }).fill(question)
/** The answers of the search. */
export const answers = (page: Page) => page.getByRole("main").getByRole("list").first().locator("> li")
/** What a page is about. */
export const heading = (page: Page) => page.getByRole("heading", { level: 1 })
/** How much wider the page is than the window. */
export const isWide = async (page: Page): Promise<number> =>
  (await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")) as number

/** A telephone. */
export const narrow = { viewport: { width: 360, height: 740 } }
