/** Adds tracking to a service. */
import { spawn } from "node:child_process"
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import { InitError } from "../../InitError.ts"
import { withPackages } from "./manifest.ts"
import type { Scaffold } from "./scaffold.ts"

/** What Node's functions throw is an error. */
const messageOf = (cause: unknown): string => (cause as Error).message

const inTheWay = (reason: string) =>
  Effect.fail(new InitError({ reason, remedy: "rename it, or pass another folder with --out", written: [] }))

/** Whether a file can be written with a text, or has it already. Fails if something else has its name. */
const isMissing = (folder: string, name: string, text: string): Effect.Effect<boolean, InitError> =>
  Effect.suspend(() => {
    const file = join(folder, name)
    try {
      const known = lstatSync(file, { throwIfNoEntry: false })
      if (known === undefined) return Effect.succeed(true)
      return known.isFile() && readFileSync(file, "utf8") === text
        ? Effect.succeed(false)
        : inTheWay(`there is already a file ${name}`)
    } catch (cause) {
      return inTheWay(`there is something in the way of ${name}: ${messageOf(cause)}`)
    }
  })

/** The files that are not there yet. Fails if another file has the name of one. */
export const missingOf = ({ files, service }: Scaffold): Effect.Effect<ReadonlyArray<string>, InitError> =>
  Effect.map(
    Effect.filter(files, ([name, text]) => isMissing(service.folder, name, text)),
    (missing) => missing.map(([name]) => name)
  )

/** Runs a command of the package manager. What it prints goes to the standard error. */
const ran = (folder: string, [program, ...args]: ReadonlyArray<string>, written: ReadonlyArray<string>) =>
  Effect.callback<void, InitError>((resume) => {
    const command = [program, ...args].join(" ")
    const failed = (why: string) =>
      resume(
        Effect.fail(
          new InitError({
            reason: `\`${command}\` ${why}`,
            remedy: "run it yourself, or add --no-install, and then run this again",
            written
          })
        )
      )
    // Package managers are scripts on Windows, which only a shell runs: it takes a range as it is between quotes.
    const shell = process.platform === "win32"
    const words = shell ? args.map((word) => `"${word}"`) : args
    const child = spawn(program!, words, { cwd: folder, stdio: ["ignore", 2, 2], shell })
    child
      .once("error", (cause) => failed(`does not run: ${cause.message}`))
      .once("close", (code) => (code === 0 ? resume(Effect.void) : failed(`ended with ${code}`)))
    return Effect.sync(() => void child.kill())
  })

/** The package.json with the packages. */
export const manifestOf = ({ dependencies, devDependencies, service }: Scaffold): string =>
  withPackages(withPackages(service.manifest, "dependencies", dependencies), "devDependencies", devDependencies)

const replace = (file: string, text: string): void => {
  const beside = `${file}.${process.pid}.writing`
  try {
    writeFileSync(beside, text)
    renameSync(beside, file)
  } finally {
    rmSync(beside, { force: true })
  }
}

/** Adds the packages and writes the files. Returns the files that it has written, from the service's folder. */
export const apply = Effect.fnUntraced(function* (scaffold: Scaffold, { install }: { readonly install: boolean }) {
  const { folder, manifest } = scaffold.service
  const missing = yield* missingOf(scaffold)
  const written: Array<string> = []
  const write = (name: string, how: () => void) =>
    Effect.try({
      try: () => {
        how()
        written.push(name)
      },
      catch: (cause) =>
        new InitError({
          reason: `${name} could not be written: ${messageOf(cause)}`,
          remedy: "let this process write it, and run this again",
          written
        })
    })
  if (install) {
    for (const command of scaffold.commands) {
      yield* ran(folder, command, written)
      if (!written.includes("package.json")) written.push("package.json")
    }
  } else {
    const text = manifestOf(scaffold)
    if (text !== manifest) yield* write("package.json", () => replace(join(folder, "package.json"), text))
  }
  for (const name of missing) {
    const file = join(folder, name)
    yield* write(name, () => {
      mkdirSync(dirname(file), { recursive: true })
      // Not if another process has made it since.
      writeFileSync(file, scaffold.files.get(name)!, { flag: "wx" })
    })
  }
  return written
})
