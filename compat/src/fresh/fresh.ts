/**
 * A fresh Express service, from its first command to the catalogue of its plan, as a person types it. It installs the packages of this repository as
 * npm would have them, and everything else from npm's registry.
 *
 *     npm run build && node compat/src/fresh/main.ts
 */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { registry } from "./registry.ts"
import { freePort } from "../../../fixtures/freePort.ts"

/** A command that was run, or a change that was made. */
export interface Step {
  readonly command: string
  readonly code: unknown
  readonly printed: string
  readonly seconds: number
  /** Whether it installs packages, which takes as long as the network does. */
  readonly installs: boolean
}

const server = `import express from "express"

const app = express()
app.post("/orders", async (_req, res) => {
  const order = { id: 357, total: 714328, status: "open", note: "a column that nobody tracks" }
  res.json(order)
})
app.listen(Number(process.env.PORT ?? 3000))
`

/** The service with the lines that `trackmap init` names. */
const tracked = server
  .replace(
    "\n\n",
    `\nimport { actor, closeWith } from "./tracking/express.js"\nimport { OrderPlaced } from "./tracking/plan.js"\nimport { tracking } from "./tracking/tracking.js"\n\n`
  )
  .replace("express()\n", "express()\napp.use(actor)\n")
  .replace("  res.json", `  await tracking.track(OrderPlaced, { order, properties: { via: "shop" } })\n  res.json`)
  .replace(/^(app\.listen\(.*\))$/m, "const server = $1\ncloseWith(server)")

/** Places an order in the service, and ends it. */
const orderAt = (port: number): string => `const { spawn } = require("node:child_process")
const service = spawn("node", ["server.js"], { stdio: "inherit", env: { ...process.env, PORT: "${port}" } })
const ask = () =>
  fetch("http://127.0.0.1:${port}/orders", { method: "POST", headers: { "x-user-id": "user-1" } }).then(
    () => service.kill("SIGTERM"),
    () => setTimeout(ask, 50)
  )
ask()
`

/** Goes all the way. Calls back with each step as it ends. */
export const fresh = async (onStep: (step: Step) => void): Promise<ReadonlyArray<Step>> => {
  const folder = mkdtempSync(join(tmpdir(), "trackmap-fresh-"))
  const { close, npmrc } = await registry(mkdtempSync(join(folder, ".packed-")))
  const steps: Array<Step> = []
  const run = (command: string, installs = false) =>
    new Promise<void>((resolve) => {
      const start = performance.now()
      const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" }
      execFile("bash", ["-c", command], { cwd: folder, env }, (error, stdout, stderr) => {
        const step = {
          command,
          code: error === null ? 0 : error.code,
          printed: `${stdout}${stderr}`.trim(),
          seconds: (performance.now() - start) / 1_000,
          installs
        }
        steps.push(step)
        onStep(step)
        resolve()
      })
    })
  try {
    writeFileSync(join(folder, ".npmrc"), `${npmrc}fund=false\naudit=false\nprefer-offline=true\n`)
    writeFileSync(join(folder, "server.js"), server)
    await run("npm init -y > /dev/null && npm pkg set type=module && npm install express", true)
    await run("npm install --save-dev @trackmap/cli", true)
    await run("npx trackmap init --sink segment --no-install")
    await run("npm install", true)
    await run("node --test tracking/plan.test.js")
    writeFileSync(join(folder, "server.js"), tracked)
    writeFileSync(join(folder, "order.cjs"), orderAt(await freePort()))
    await run("node order.cjs")
    await run("npx trackmap lock")
    await run(`sed -i 's/"paid"/"paid", "cancelled"/' tracking/plan.js`)
    await run("npx trackmap diff")
    await run("npx trackmap catalog")
    await run("npx trackmap init")
    return steps
  } finally {
    close()
    rmSync(folder, { recursive: true })
  }
}

/** What the steps took beside the installation of packages. */
export const secondsOf = (steps: ReadonlyArray<Step>): number =>
  steps.filter(({ installs }) => !installs).reduce((sum, { seconds }) => sum + seconds, 0)
