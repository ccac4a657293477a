import { execFileSync } from "node:child_process"
import { globSync, readdirSync } from "node:fs"
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

  it("leaves out what a service does not use of a module that it uses", async () => {
    const bundled = async (contents: string): Promise<string> => {
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: dist },
        bundle: true,
        write: false,
        format: "esm",
        external: ["effect/*"]
      })
      return outputFiles[0]!.text
    }
    const all = await bundled(`export * from "./index.js"`)
    const receipt = await bundled(`export { delivered } from "./Receipt.js"`)
    const entity = await bundled(`export { make } from "./Entity.js"`)
    const metric = "trackmap.delivery.duration"
    assert.include(all, metric)
    assert.notInclude(entity, metric)
    assert.isBelow(receipt.length, all.length / 20)
  })
})

describe("the files of the package", () => {
  it("are one with everything, and those that not every service loads", () => {
    assert.deepStrictEqual(globSync("internal/*.js", { cwd: dist }).toSorted(), [
      "internal/all.js",
      "internal/chosen.js",
      "internal/circuitBreaker.js",
      "internal/httpClient.js",
      "internal/rateLimiter.js"
    ])
  })

  it("load Effect's HTTP client, config, rate limiter and circuit breaker when they are first asked for", async () => {
    const { metafile } = await build({
      entryPoints: [join(dist, "index.js")],
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      splitting: true,
      outdir: "out",
      external: ["effect/*"]
    })
    const statically = new Set<string>()
    const reach = (path: string): void => {
      for (const { external, kind, path: imported } of metafile.inputs[path]!.imports) {
        if (kind !== "import-statement" || statically.has(imported)) continue
        statically.add(imported)
        if (external !== true) reach(imported)
      }
    }
    reach(Object.keys(metafile.inputs).find((path) => path.endsWith("dist/index.js"))!)
    const late = /^effect\/(Config.*|http\/(HttpClient|FetchHttpClient|HttpClientRequest)|persistence\/.*)$/
    assert.include([...statically], "effect/Effect")
    assert.deepStrictEqual(
      [...statically].filter((path) => late.test(path)),
      []
    )
  })

  it("say in stack traces where the sources are", () => {
    const program = `
      import { Entity } from ${JSON.stringify(join(dist, "index.js"))}
      try { Entity.make("Line", { key: "id", attributes: {} }) } catch (error) { console.log(error.stack) }`
    const options = ["--enable-source-maps", "--input-type=module", "-e", program]
    assert.match(
      execFileSync(process.execPath, options, { encoding: "utf8" }),
      /src\/internal\/definition\/entity\.ts:\d+/
    )
  })
})
