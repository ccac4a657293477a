import { readdirSync } from "node:fs"
import { join } from "node:path"
import { build } from "esbuild"
import { assert, describe, it } from "vitest"

const dist = join(import.meta.dirname, "../dist")

const bundle = (contents: string) =>
  build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: "js" },
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    minify: true,
    logLevel: "silent"
  })

describe("the package in a bundle", () => {
  it("runs in a browser and on an edge runtime: it imports no Node module and reads no Node global", async () => {
    const { metafile } = await bundle(`export * from ${JSON.stringify(join(dist, "index.js"))}`)
    const own = Object.keys(metafile.inputs).filter((path) => path.startsWith("dist/"))
    assert.isNotEmpty(own)
    for (const input of Object.values(metafile.inputs)) {
      for (const { external, path } of input.imports) assert.isNotTrue(external, path)
    }
    const { outputFiles } = await build({
      entryPoints: readdirSync(dist, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".js"))
        .map((name) => join(dist, name)),
      bundle: false,
      write: false,
      outdir: "out",
      platform: "browser"
    })
    for (const { path, text } of outputFiles) {
      assert.notMatch(text, /\b(process|Buffer|require|__dirname|setImmediate|globalThis\.process)\b\s*[.(]/, path)
    }
  })

  it("is free of side effects: what is not used is not bundled", async () => {
    const { outputFiles } = await bundle(`import ${JSON.stringify(join(dist, "index.js"))}`)
    assert.strictEqual(outputFiles[0]!.text.trim(), "")
  })

  it("imports Effect's modules, never its barrel", async () => {
    const { metafile } = await bundle(`export * from ${JSON.stringify(join(dist, "index.js"))}`)
    assert.isFalse(Object.keys(metafile.inputs).some((path) => path.endsWith("effect/dist/index.js")))
  })
})
