import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { run } from "../run.ts"
import { freePort } from "../../../fixtures/freePort.ts"
import { type Registry, registry } from "../fresh/registry.ts"

const require = createRequire(import.meta.url)
const modules = join(import.meta.dirname, "../../node_modules")
const trackmap = join(import.meta.dirname, "../../../packages/cli/bin/trackmap.js")
const plain = { NO_COLOR: "1", FORCE_COLOR: "0", NEXT_TELEMETRY_DISABLED: "1" }

const write = (folder: string, files: Readonly<Record<string, string | object>>): void => {
  for (const [name, given] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), typeof given === "string" ? given : JSON.stringify(given))
  }
}

const managers: Readonly<Record<string, { readonly version: string; readonly folder: string }>> = {
  npm: { version: "11.0.0", folder: dirname(process.execPath) },
  // It runs no other version than that of the project.
  pnpm: { version: require(join(modules, "pnpm/package.json")).version, folder: join(modules, ".bin") },
  bun: { version: "1.4.0", folder: join(modules, "@oven/bun-linux-x64/bin") }
}

describe("a service whose packages are installed by", () => {
  let folder: string
  let packages: Registry
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "trackmap-init-"))
    packages = await registry(mkdtempSync(join(folder, ".packed-")))
  })
  afterEach(() => {
    packages.close()
    rmSync(folder, { recursive: true })
  })

  it.each(Object.entries(managers).filter(([, { folder }]) => existsSync(folder)))(
    "%s has a test that passes",
    async (manager, { folder: bin, version }) => {
      const env = { ...plain, PATH: [bin, process.env["PATH"]].join(delimiter) }
      write(folder, {
        "package.json": {
          name: "shop",
          private: true,
          type: "module",
          packageManager: `${manager}@${version}`,
          dependencies: {}
        },
        ".npmrc": packages.npmrc,
        "index.ts": ""
      })
      const init = await run(process.execPath, [trackmap, "init", "--sink", "segment"], { cwd: folder, env })
      assert.strictEqual(init.code, 0, init.printed)
      assert.include(init.printed, "3. Describe your own events in tracking/plan.ts, run `")
      const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
      assert.match(dependencies["@trackmap/node"], /^\^\d/)
      assert.match(devDependencies["@trackmap/cli"], /^\^\d/)
      const test = await run(process.execPath, ["--test", "tracking/plan.test.ts"], { cwd: folder, env })
      assert.match(test.printed, /pass 1\n/)
      const cli = createRequire(join(folder, "x.js")).resolve("@trackmap/cli/package.json")
      const lock = await run(process.execPath, [join(dirname(cli), "bin/trackmap.js"), "lock"], { cwd: folder, env })
      assert.match(lock.printed, /trackmap\.lock: new, 1 event, 4 keys/)
    }
  )
})

describe("tracking that was added to", () => {
  let folder: string
  beforeEach(() => {
    // Where it finds the libraries of this folder, and the packages of the repository.
    folder = mkdtempSync(join(import.meta.dirname, ".copies-"))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const init = async (files: Readonly<Record<string, string | object>>) => {
    write(folder, files)
    const { code, printed } = await run(process.execPath, [trackmap, "init", "--no-install", "--json"], { cwd: folder })
    assert.strictEqual(code, 0, printed)
    return JSON.parse(printed) as { readonly service: object; readonly test: string }
  }
  const program = (name: string, ...path: ReadonlyArray<string>) =>
    join(dirname(require.resolve(`${name}/package.json`)), ...path)

  /** Starts a server, asks it once as a user, and ends it. Returns what it printed. */
  const served = async (args: ReadonlyArray<string>, port: number) => {
    const script = `
      const { spawn } = require("node:child_process")
      const service = spawn(process.execPath, ${JSON.stringify(args)}, { stdio: "inherit", env: { ...process.env, PORT: "${port}" } })
      service.once("exit", (code) => (process.exitCode = code ?? 0))
      const ask = () =>
        fetch("http://127.0.0.1:${port}/orders", { method: "POST", headers: { "x-user-id": "user-1" } }).then(
          () => setTimeout(() => service.kill("SIGTERM"), 500),
          () => service.exitCode === null && setTimeout(ask, 100)
        )
      ask()`
    return run(process.execPath, ["-e", script], { cwd: folder, env: { ...plain, NODE_ENV: "production" } })
  }

  const route = (types: string) => `
    import { OrderPlaced } from "../../tracking/plan"
    import { tracked } from "../../tracking/next"
    import { tracking } from "../../tracking/tracking"

    export const POST = tracked(async (request${types}) => {
      await tracking.track(OrderPlaced, { order: { id: 1, total: 2, status: "paid" }, properties: { via: "shop" } })
      return new Response(request.method)
    })`
  const next = program("next", "dist/bin/next")

  it.each([
    ["TypeScript", ".ts", ": Request"],
    ["JavaScript", ".js", ""]
  ])("Next, in %s, is built and delivers behind the response", async (language, extension, types) => {
    const { service } = await init({
      "package.json": { name: "shop", private: true, dependencies: { next: "^16" } },
      "next.config.mjs": "export default { typescript: { ignoreBuildErrors: true } }",
      [`app/orders/route${extension}`]: route(types),
      ...(language === "TypeScript" && {
        "tsconfig.json": {
          compilerOptions: {
            module: "esnext",
            moduleResolution: "bundler",
            target: "es2022",
            lib: ["dom", "es2024", "esnext.disposable"],
            strict: true,
            skipLibCheck: true,
            noEmit: true,
            types: ["node"]
          },
          include: ["app", "tracking"]
        }
      })
    })
    assert.deepInclude(service, { framework: "next", language })
    if (language === "TypeScript") {
      const types = await run(process.execPath, [program("typescript", "bin/tsc"), "-p", "."], { cwd: folder })
      assert.strictEqual(types.printed, "")
    }
    const args = [next, "build", ".", "--experimental-build-mode", "compile"]
    const built = await run(process.execPath, args, { cwd: folder, env: { ...plain, NODE_ENV: "production" } })
    assert.strictEqual(built.code, 0, built.printed)
    const port = await freePort()
    const { printed } = await served([next, "start", ".", "-p", String(port), "-H", "127.0.0.1"], port)
    assert.match(printed, /track {2}orderPlaced {2}user user-1\n/)
  })

  const nestMain = (extension: string) => `
    import "reflect-metadata"
    import { Controller, Inject, Module, Post } from "@nestjs/common"
    import { NestFactory } from "@nestjs/core"
    import type { Tracking } from "@trackmap/node"
    import { actor, TRACKING, TrackingModule } from "./tracking/nest${extension}"
    import { OrderPlaced } from "./tracking/plan${extension}"

    @Controller("orders")
    class Orders {
      constructor(@Inject(TRACKING) private readonly tracking: Tracking.Tracking) {}

      @Post()
      async place() {
        await this.tracking.track(OrderPlaced, { order: { id: 1, total: 2, status: "paid" }, properties: { via: "shop" } })
        return {}
      }
    }

    @Module({ imports: [TrackingModule], controllers: [Orders] })
    class AppModule {}

    const start = async () => {
      const app = await NestFactory.create(AppModule, { logger: false })
      app.use(actor)
      app.enableShutdownHooks()
      await app.listen(Number(process.env["PORT"]), "127.0.0.1")
    }
    void start()`

  it.each([
    ["module", ".js"],
    ["commonjs", ".js"]
  ])("Nest, of the type %s, is compiled and delivers when it ends", async (type, extension) => {
    const { service } = await init({
      "package.json": { name: "shop", private: true, type, dependencies: { "@nestjs/core": "^12" } },
      "src/main.ts": nestMain(extension),
      "tsconfig.json": {
        compilerOptions: {
          module: "nodenext",
          target: "es2023",
          lib: ["es2024", "esnext.disposable"],
          strict: true,
          skipLibCheck: true,
          experimentalDecorators: true,
          emitDecoratorMetadata: true,
          types: ["node"],
          rootDir: "src",
          outDir: "dist"
        },
        include: ["src"]
      }
    })
    assert.deepInclude(service, { framework: "nest", modules: type === "module" ? "ESM" : "CommonJS" })
    const compiled = await run(process.execPath, [program("typescript-5.9", "bin/tsc"), "-p", "."], { cwd: folder })
    assert.deepStrictEqual(compiled, { code: 0, printed: "" })
    const { printed } = await served(["dist/main.js"], await freePort())
    assert.match(printed, /track {2}orderPlaced {2}user user-1\n/)
  })

  const jest = (test: string) => {
    const [, flag, file] = /^NODE_OPTIONS=(\S+) npx jest (\S+)$/.exec(test)!
    return run(process.execPath, [join(modules, "jest/bin/jest.js"), file!], {
      cwd: folder,
      env: { ...plain, NODE_OPTIONS: flag! }
    })
  }

  it.each(["module", "commonjs"])("a service that Jest tests, in JavaScript of the type %s, passes", async (type) => {
    const { test } = await init({
      "package.json": { name: "shop", type, devDependencies: { jest: "^30" }, jest: { transform: {} } }
    })
    const { printed } = await jest(test)
    assert.match(printed, /^Tests: +1 passed, 1 total$/m)
  })

  it("a service that Jest tests, in TypeScript, passes", async () => {
    const { test } = await init({
      "package.json": {
        name: "shop",
        type: "module",
        devDependencies: { jest: "^30", "@jest/globals": "^30" },
        jest: { extensionsToTreatAsEsm: [".ts"], transform: { "\\.ts$": "@swc/jest" } }
      },
      "index.ts": ""
    })
    // Node finds the library from the folder of the repository's own.
    mkdirSync(join(folder, "node_modules/@jest"), { recursive: true })
    symlinkSync(join(modules, "@jest/globals"), join(folder, "node_modules/@jest/globals"))
    const { printed } = await jest(test)
    assert.match(printed, /^Tests: +1 passed, 1 total$/m)
    assert.lengthOf(globSync("tracking/*.ts", { cwd: folder }), 4)
  })
})
