import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, expect, it } from "vitest"
import { rooms } from "./circles/Rooms.ts"

const repository = fileURLToPath(new URL("../../..", import.meta.url))

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "linter-"))
  for (const path of ["oxlint.config.ts", "apps/rooms/src/circles/Rooms.ts"])
    cpSync(join(repository, path), join(root, path))
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"))
})
afterEach(() => rmSync(root, { recursive: true }))

interface Report {
  readonly diagnostics: ReadonlyArray<{ readonly code: string; readonly filename: string }>
}

/** The rules that files break, by file. */
const lint = (files: Readonly<Record<string, string>>) => {
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), source)
  }
  const oxlint = join(repository, "node_modules/oxlint/bin/oxlint")
  const { stdout } = spawnSync(process.execPath, [oxlint, "--quiet", "--format", "json", "packages"], {
    cwd: root,
    encoding: "utf8"
  })
  const { diagnostics } = JSON.parse(stdout) as Report
  return diagnostics.map(({ code, filename }) => `${filename}: ${code}`).toSorted()
}

it("reports a circle of type imports", () => {
  expect(
    lint({
      "packages/a/src/a.ts": `import type { B } from "./b.ts"\nexport interface A {\n  readonly b: B\n}\n`,
      "packages/a/src/b.ts": `export type { A } from "./a.ts"\nexport interface B {\n  readonly b: number\n}\n`
    })
  ).toEqual(["packages/a/src/a.ts: import(no-cycle)", "packages/a/src/b.ts: import(no-cycle)"])
})

it("reports every kind of import that a room makes from a later one, and allows the other direction", () => {
  const pairs = rooms.slice(0, -1).map((room, index) => [room, rooms[index + 1]!] as const)
  const folder = (room: string) => `packages/core/src/internal/${room}`
  const files = pairs.flatMap(([room, later]) => [
    [`${folder(room)}/a.ts`, `import type { Leaf } from "../${later}/leaf.ts"\nexport type A = Leaf\n`],
    [`${folder(room)}/b.ts`, `export type { Leaf } from "../${later}/leaf.ts"\n`],
    [`${folder(room)}/c/d.ts`, `export const d = () => import("../../${later}/leaf.ts")\n`],
    [`${folder(room)}/e.ts`, `import { Effect } from "effect"\nexport const e = Effect.void\n`],
    [`${folder(room)}/leaf.ts`, `export interface Leaf {\n  readonly a: number\n}\n`],
    [`${folder(later)}/leaf.ts`, `export interface Leaf {\n  readonly a: number\n}\n`],
    [`${folder(later)}/f.ts`, `import type { Leaf } from "../${room}/leaf.ts"\nexport type F = Leaf\n`]
  ])
  const reported = pairs.flatMap(([room]) =>
    ["a.ts", "b.ts", "c/d.ts", "e.ts"].map((file) => `${folder(room)}/${file}: eslint(no-restricted-imports)`)
  )
  expect(lint(Object.fromEntries(files))).toEqual(reported.toSorted())
})
