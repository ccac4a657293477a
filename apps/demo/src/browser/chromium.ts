import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import { type BrowserContextOptions, chromium, type Page } from "playwright-core"

/** The path of Chromium on this machine: `CHROMIUM`, or the usual path on Debian and others. */
export const executable: string | undefined = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"
].find((path) => path !== undefined && existsSync(path))

// By default, Chromium connects to Google's hosts, and its sandbox does not work in a container.
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

/** A browser while the scope is open. */
export const browser = Effect.acquireRelease(
  Effect.promise(() => chromium.launch({ executablePath: executable!, args })),
  (running) => Effect.promise(() => running.close())
)

/** A page in its own browser context, and all errors that the browser reports meanwhile. */
export const person = Effect.fnUntraced(function* (
  running: Effect.Success<typeof browser>,
  options?: BrowserContextOptions
) {
  const context = yield* Effect.acquireRelease(
    Effect.promise(() => running.newContext({ viewport: { width: 1600, height: 1000 }, ...options })),
    (open) => Effect.promise(() => open.close())
  )
  const complaints: Array<string> = []
  const watch = (page: Page): Page => {
    page.setDefaultTimeout(20_000)
    page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())))
    page.on("pageerror", (error) => void complaints.push(String(error)))
    page.on("dialog", (dialog) => {
      complaints.push(`a dialog says ${dialog.message()}`)
      void dialog.dismiss()
    })
    return page
  }
  const tab = Effect.map(
    Effect.promise(() => context.newPage()),
    watch
  )
  return { context, tab, complaints }
})
