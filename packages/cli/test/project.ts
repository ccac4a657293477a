/** A project of a user's, inside the package, so that it finds what the package does. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"

/** Makes a project with some files, until the scope closes. Returns its folder. */
export const project = (files: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(import.meta.dirname, "../.project-"))
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), text)
      }
      return folder
    }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )

/** A module with a plan of one event, with some properties. */
export const planOf = (properties: string): string => `
import { Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"

const SignedIn = TrackedEvent.make("signedIn", { properties: { ${properties} } })
export const plan = Plan.make(SignedIn)
`
