import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { inRepository } from "../../test/repository.ts"
import * as Report from "./Report.ts"

/** What the script says of a repository of these files. */
const report = (files: Readonly<Record<string, string>>): Report.Report => inRepository(files, Report.of)

it("the script prints what it finds, and exits with 1", () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url))
  const { status, stdout } = inRepository({ "apps/a/src/a.ts": `import "./a.ts"` }, (root) =>
    spawnSync(process.execPath, [main, root], { encoding: "utf8" })
  )
  expect(stdout).toContain("  apps/a/src/a.ts -> apps/a/src/a.ts\n")
  expect(status).toBe(1)
})

describe("circles", () => {
  it.each([
    ["a type import", `import type { B } from "./b.ts"`],
    ["an inline type import", `import { type B } from "./b.ts"`],
    ["a re-export", `export { B } from "./b.ts"`],
    ["a re-export of types", `export type * from "./b.ts"`],
    ["a type of an import", `export type B = import("./b.ts").B`],
    ["a module's type", `export type B = typeof import("./b.ts")`],
    ["a dynamic import", `export const b = () => import("./b.ts")`],
    ["an import by the package's name", `import { B } from "@trackmap/a/b"`]
  ])("are found through %s", (_, source) => {
    const { clean, lines } = report({
      "packages/a/src/a.ts": source,
      "packages/a/src/b.ts": `import * as a from "./a.ts"\nexport interface B {}`
    })
    expect(lines).toEqual([
      "A circle of 2 files:",
      "  packages/a/src/a.ts -> packages/a/src/b.ts",
      "  packages/a/src/b.ts -> packages/a/src/a.ts",
      "Files: 2. Circles of imports: 1. Upward between the rooms of core: 0."
    ])
    expect(clean).toBe(false)
  })

  it("are found across packages and apps, one for all files that reach each other", () => {
    const { clean, lines } = report({
      "packages/a/src/index.ts": `export * from "@trackmap/b/x"`,
      "packages/b/src/x.ts": `import "./y.ts"\nimport "./leaf.ts"`,
      "packages/b/src/y.ts": `import "./x.ts"\nimport "@trackmap/a"`,
      "packages/b/src/leaf.ts": "",
      "apps/c/src/main.tsx": `import "./main.tsx"`
    })
    expect(lines).toEqual([
      "A circle of 1 files:",
      "  apps/c/src/main.tsx -> apps/c/src/main.tsx",
      "A circle of 3 files:",
      "  packages/a/src/index.ts -> packages/b/src/x.ts",
      "  packages/b/src/x.ts -> packages/b/src/y.ts",
      "  packages/b/src/y.ts -> packages/b/src/x.ts",
      "  packages/b/src/y.ts -> packages/a/src/index.ts",
      "Files: 5. Circles of imports: 2. Upward between the rooms of core: 0."
    ])
    expect(clean).toBe(false)
  })

  it("are not seen in comments, in strings, or where files import one way", () => {
    const { clean, lines } = report({
      "packages/a/src/a.ts": `// import "./b.ts"\nexport const text = 'import "./b.ts"'`,
      "packages/a/src/b.ts": `import "./a.ts"\nimport "effect/Effect"`,
      "packages/a/dist/a.ts": `import "./a.ts"`,
      "packages/a/node_modules/c/a.ts": `import "./a.ts"`
    })
    expect(lines).toEqual(["Files: 2. Circles of imports: 0. Upward between the rooms of core: 0."])
    expect(clean).toBe(true)
  })

  it("are not counted where a file does not parse: that is an error which names it", () => {
    expect(() => report({ "packages/a/src/a.ts": "import {" })).toThrow("packages/a/src/a.ts does not parse")
  })
})

describe("the rooms of core", () => {
  const core = (path: string) => `packages/core/src/${path}`

  it("import those before them, themselves, and public modules that reach no later room", () => {
    const { clean, lines } = report({
      [core("Failure.ts")]: "",
      [core("Face.ts")]: `import type { Sink } from "./internal/sink/a.ts"`,
      [core("Message.ts")]: `import { a } from "./internal/base/a.ts"`,
      [core("internal/base/a.ts")]: `import { Failure } from "../../Failure.ts"`,
      [core("internal/sink/a.ts")]: `import "./b.ts"\nimport "../base/a.ts"\nimport "../../Message.ts"`,
      [core("internal/sink/b.ts")]: "",
      [core("internal/sink/a.test.ts")]: `import "../../Face.ts"`
    })
    expect(lines).toEqual(["Files: 7. Circles of imports: 0. Upward between the rooms of core: 0."])
    expect(clean).toBe(true)
  })

  it("may not import a later room, a public module that reaches one, or a file that lies in none", () => {
    const { clean, lines } = report({
      [core("Face.ts")]: `export * from "./Other.ts"`,
      [core("Other.ts")]: `import type { A } from "./internal/event/a.ts"`,
      [core("internal/base/a.ts")]: `import type { A } from "../delivery/a.ts"`,
      [core("internal/base/b.ts")]: `import { type B } from "../../Face.ts"`,
      [core("internal/event/a.ts")]: "",
      [core("internal/delivery/a.ts")]: `import "../../Face.ts"\nexport * from "../loose.ts"`,
      [core("internal/loose.ts")]: `import "./base/b.ts"`
    })
    const internal = "packages/core/src/internal"
    expect(lines).toEqual([
      `Upward: ${internal}/base/a.ts -> ${internal}/delivery/a.ts (delivery comes after base)`,
      `Upward: ${internal}/base/b.ts -> packages/core/src/Face.ts (it reaches event, which comes after base)`,
      `Upward: ${internal}/delivery/a.ts -> ${internal}/loose.ts (it imports a file that is in no room)`,
      `Upward: ${internal}/loose.ts -> ${internal}/base/b.ts (the file is in no room)`,
      "Files: 7. Circles of imports: 0. Upward between the rooms of core: 4."
    ])
    expect(clean).toBe(false)
  })
})
