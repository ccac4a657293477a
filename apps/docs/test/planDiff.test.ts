import { execFile, execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { dirname, join } from "node:path"
import { json } from "node:stream/consumers"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { parse } from "yaml"
import { cut, limit, textOf } from "../../../.github/actions/plan-diff/diff.ts"

const root = join(import.meta.dirname, "../../..")
const action = join(root, ".github/actions/plan-diff")
const token = "ghs_secret-of-this-test"

interface Comment {
  id: number
  body: string
}

/** GitHub's API for the comments of a pull request. */
const gitHub = async () => {
  const comments: Array<Comment> = []
  const requests: Array<string> = []
  const state = { status: 200 }
  const server: Server = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://localhost")
    requests.push(`${request.method} ${url.pathname}`)
    const answer = (status: number, value: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value))
    if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { message: "Bad credentials" })
    if (state.status !== 200 && request.method !== "GET") return answer(state.status, { message: token })
    const { body } = request.method === "GET" ? { body: "" } : ((await json(request)) as { body: string })
    if (body.length > limit) return answer(422, { message: "body is too long (maximum is 65536 characters)" })
    switch (`${request.method} ${url.pathname}`) {
      case "GET /repos/acme/shop/issues/7/comments": {
        const [size, page] = [Number(url.searchParams.get("per_page")), Number(url.searchParams.get("page"))]
        return answer(200, comments.slice((page - 1) * size, page * size))
      }
      case "POST /repos/acme/shop/issues/7/comments":
        comments.push({ id: comments.length + 1, body })
        return answer(201, comments.at(-1))
    }
    const comment = comments.find(({ id }) => url.pathname === `/repos/acme/shop/issues/comments/${id}`)
    if (request.method !== "PATCH" || comment === undefined) return answer(404, {})
    comment.body = body
    return answer(200, comment)
  })
  await new Promise<void>((resolve) => void server.listen(0, resolve))
  return { comments, requests, state, server, url: `http://localhost:${(server.address() as AddressInfo).port}` }
}

const none = "## Tracking plan\n\nNo changes."
const changed =
  "## Tracking plan\n\n1 major change.\n\n| class | where | what | note |\n| --- | --- | --- | --- |\n| major | a | it was removed |  |"

describe("the action that comments the diff of a plan", () => {
  let folder: string
  let api: Awaited<ReturnType<typeof gitHub>>
  beforeEach(async () => {
    folder = mkdtempSync(join(import.meta.dirname, "../.plan-diff-"))
    api = await gitHub()
    write({ "event.json": JSON.stringify({ pull_request: { number: 7 } }) })
  })
  afterEach(() => {
    api.server.close()
    rmSync(folder, { recursive: true })
  })

  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
  }

  /** A program in the place of trackmap, which prints what is in the folder of the plan, and ends with the code there. */
  const printing = (plans: Readonly<Record<string, readonly [markdown: string, code: number]>>) => {
    for (const [plan, [markdown, code]] of Object.entries(plans)) {
      write({ [`${plan}/printed`]: `${markdown}\n`, [`${plan}/code`]: String(code) })
    }
    const program = join(folder, "trackmap")
    writeFileSync(
      program,
      `#!/bin/sh\necho "$PWD $@ $PLAN_DIFF_TOKEN" >> ${folder}/calls\nif test "$(cat code)" = 2; then cat printed >&2; else cat printed; fi\nexit $(cat code)\n`
    )
    chmodSync(program, 0o755)
    return { PLAN_DIFF_COMMAND: program, PLAN_DIFF_PLANS: Object.keys(plans).join("\n") }
  }

  const run = (env: Readonly<Record<string, string>>, cwd = folder) =>
    new Promise<{ code: unknown; printed: string; output: string; summary: string }>((resolve) => {
      write({ output: "", summary: "" })
      const own = {
        PATH: process.env["PATH"]!,
        PLAN_DIFF_AGAINST: "HEAD",
        PLAN_DIFF_FAIL_ON: "never",
        PLAN_DIFF_ID: "plan",
        PLAN_DIFF_PLANS: ".",
        PLAN_DIFF_TOKEN: token,
        GITHUB_API_URL: api.url,
        GITHUB_EVENT_PATH: join(folder, "event.json"),
        GITHUB_OUTPUT: join(folder, "output"),
        GITHUB_REPOSITORY: "acme/shop",
        GITHUB_STEP_SUMMARY: join(folder, "summary")
      }
      execFile(
        process.execPath,
        [join(action, "main.ts")],
        { cwd, env: { ...own, ...env } },
        (error, stdout, stderr) => {
          const read = (name: string) => readFileSync(join(folder, name), "utf8")
          const ended = {
            code: error?.code ?? 0,
            printed: stdout + stderr,
            output: read("output"),
            summary: read("summary")
          }
          // Whatever happens, the token is in nothing that it writes.
          for (const text of Object.values(ended)) assert.notInclude(String(text), token)
          resolve(ended)
        }
      )
    })

  it("creates the comment once, and changes it from then on", async () => {
    const first = await run(printing({ ".": [changed, 20] }))
    assert.deepStrictEqual([first.code, first.printed, first.output], [0, "Comment: created\n", "class=major\n"])
    assert.deepStrictEqual(api.comments, [{ id: 1, body: `<!-- trackmap: plan -->\n${changed}` }])
    assert.strictEqual((await run(printing({ ".": [changed, 20] }))).printed, "Comment: current\n")
    const other = changed.replace("major", "minor")
    assert.strictEqual((await run(printing({ ".": [other, 10] }))).printed, "Comment: updated\n")
    assert.deepStrictEqual(api.comments, [{ id: 1, body: `<!-- trackmap: plan -->\n${other}` }])
  })

  it("says in the comment that there are no changes any more, and makes none for that", async () => {
    const nothing = await run(printing({ ".": [none, 0] }))
    assert.deepStrictEqual([nothing.printed, nothing.output], ["Comment: none\n", "class=none\n"])
    await run(printing({ ".": [changed, 20] }))
    assert.strictEqual((await run(printing({ ".": [none, 0] }))).printed, "Comment: updated\n")
    assert.deepStrictEqual(api.comments, [{ id: 1, body: `<!-- trackmap: plan -->\n${none}` }])
  })

  it("finds its comment among hundreds, and leaves those of people and of other uses alone", async () => {
    const others = Array.from({ length: 250 }, (_, index) => ({
      id: index + 1,
      body: `> <!-- trackmap: plan -->\n${index}`
    }))
    api.comments.push(...others)
    await run({ ...printing({ ".": [changed, 20] }), PLAN_DIFF_ID: "shop" })
    await run(printing({ ".": [changed, 20] }))
    assert.strictEqual((await run(printing({ ".": [none, 0] }))).printed, "Comment: updated\n")
    assert.deepStrictEqual(
      api.comments.slice(250).map(({ body }) => body),
      [`<!-- trackmap: shop -->\n${changed}`, `<!-- trackmap: plan -->\n${none}`]
    )
    assert.deepStrictEqual(api.comments.slice(0, 250), others)
  })

  it("has a section for each of several plans that has changes", async () => {
    const plans = {
      "packages/shop": [changed, 20],
      "packages/admin": [none, 0],
      "packages/app": [changed, 20]
    } as const
    await run(printing(plans))
    const table = changed.slice("## Tracking plan".length)
    assert.deepStrictEqual(
      api.comments[0]!.body.split("\n").slice(1).join("\n"),
      `## Tracking plan\n\n### packages/shop${table}\n\n### packages/app${table}`
    )
    const calls = readFileSync(join(folder, "calls"), "utf8").split("\n").slice(0, -1)
    assert.deepStrictEqual(
      calls,
      Object.keys(plans).map((plan) => `${join(folder, plan)} diff --markdown --against HEAD `)
    )
  })

  it("writes to the summary of the job where the token cannot write, as in a pull request from a fork", async () => {
    api.state.status = 403
    const { code, printed, summary } = await run(printing({ ".": [changed, 20] }))
    assert.deepStrictEqual([code, summary, api.comments], [0, `${changed}\n`, []])
    assert.match(printed, /^The diff is in the summary of this job: the token cannot write comments, as in/)
    const wrong = await run({ ...printing({ ".": [changed, 20] }), GITHUB_REPOSITORY: "acme/other" })
    assert.strictEqual(wrong.summary, `${changed}\n`)
  })

  it("writes to the summary where GitHub fails, where it is not reached, and outside a pull request", async () => {
    api.state.status = 502
    const failed = await run(printing({ ".": [changed, 20] }))
    assert.deepStrictEqual([failed.code, failed.summary], [0, `${changed}\n`])
    assert.match(failed.printed, /GitHub answered 502/)
    const away = await run({ ...printing({ ".": [changed, 20] }), GITHUB_API_URL: "http://127.0.0.1:1" })
    assert.match(away.printed, /GitHub was not reached/)
    write({ "event.json": "{}" })
    assert.match((await run(printing({ ".": [changed, 20] }))).printed, /this is no pull request/)
    const none = await run({ ...printing({ ".": [changed, 20] }), GITHUB_EVENT_PATH: "" })
    assert.strictEqual(none.summary, `${changed}\n`)
  })

  it("cuts what is longer than GitHub takes, at the end of a line, and says so", async () => {
    const long = `${changed}\n${"| major | a key with a long name | it was removed |  |\n".repeat(3_000)}`
    await run(printing({ ".": [long, 20] }))
    const [{ body }] = api.comments as [Comment]
    assert.isAtMost(body.length, limit)
    assert.isAtLeast(body.length, limit - 200)
    assert.match(
      body,
      /\| it was removed \| {2}\|\n\nThe rest is too long for GitHub: run `npx trackmap diff` to see it\.$/
    )
    assert.strictEqual(cut("short"), "short")
  })

  it("fails after the comment, if it is told to", async () => {
    const plans = printing({ ".": [changed, 20] })
    assert.strictEqual((await run({ ...plans, PLAN_DIFF_FAIL_ON: "major" })).code, 1)
    assert.lengthOf(api.comments, 1)
    assert.strictEqual((await run({ ...plans, PLAN_DIFF_FAIL_ON: "minor" })).code, 1)
    const minor = printing({ ".": [changed, 10] })
    assert.strictEqual((await run({ ...minor, PLAN_DIFF_FAIL_ON: "major" })).code, 0)
    assert.strictEqual((await run({ ...minor, PLAN_DIFF_FAIL_ON: "minor" })).code, 1)
    const wrong = await run({ ...minor, PLAN_DIFF_FAIL_ON: "mayor" })
    assert.deepStrictEqual(
      [wrong.code, wrong.printed],
      [1, '::error title=Tracking plan::fail-on is "mayor": it is minor, major or never\n']
    )
  })

  it("fails with the reason where a plan cannot be compared, and changes no comment", async () => {
    const { code, printed } = await run(printing({ ".": ["trackmap: plan.ts:3: it threw\n100 % wrong", 2] }))
    assert.deepStrictEqual(
      [code, printed],
      [1, "::error title=Tracking plan::.: trackmap: plan.ts:3: it threw%0A100 %25 wrong\n"]
    )
    const missing = await run({ ...printing({}), PLAN_DIFF_PLANS: "packages/none" })
    assert.match(missing.printed, /there is no file or folder packages\/none: correct the input plans/)
    const absent = await run({ PLAN_DIFF_COMMAND: "no-program diff" })
    assert.match(absent.printed, /`no-program diff` does not run: spawnSync no-program ENOENT/)
    assert.deepStrictEqual(api.requests, [])
  })

  it("compares with the base of the pull request, which a checkout of one commit does not have", async () => {
    const git = (...args: ReadonlyArray<string>) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@a.test", ...args], {
        cwd: join(folder, "origin"),
        stdio: "pipe"
      })
    const trackmap = join(root, "packages/cli/bin/trackmap.js")
    const plan = (type: string) =>
      `import { Plan, TrackedEvent } from "@trackmap/core"\nimport * as Schema from "effect/Schema"\nexport const plan = Plan.make(TrackedEvent.make("signedIn", { properties: { method: ${type} } }))\n`
    const commit = (type: string) => {
      write({ "origin/package.json": `{"type":"module"}`, "origin/src/plan.ts": plan(type) })
      execFileSync(process.execPath, [trackmap, "lock"], { cwd: join(folder, "origin") })
      git("add", ".")
      git("commit", "--quiet", "-m", "a plan")
    }
    mkdirSync(join(folder, "origin"))
    git("init", "--quiet", "--initial-branch=main")
    commit("Schema.String")
    git("checkout", "--quiet", "-b", "topic")
    commit("Schema.Int")
    const clone = join(folder, "clone")
    execFileSync("git", ["clone", "--quiet", "--depth=1", "--branch=topic", `file://${folder}/origin`, clone])
    const env = {
      PLAN_DIFF_COMMAND: `${process.execPath} ${trackmap}`,
      PLAN_DIFF_AGAINST: "origin/main",
      GITHUB_WORKSPACE: clone
    }
    // As in a container, where root runs what another user has checked out.
    if (process.getuid?.() === 0) execFileSync("chown", ["-R", "1000", clone])
    for (const plans of [".", "src/plan.ts"]) {
      const { code, output, printed } = await run({ ...env, PLAN_DIFF_PLANS: plans }, clone)
      assert.deepStrictEqual([code, output], [0, "class=major\n"], printed)
      assert.include(api.comments[0]!.body, "| major | signedIn · method | the type string became integer |  |")
    }
    const none = await run({ ...env, PLAN_DIFF_AGAINST: "origin/gone" }, clone)
    assert.match(none.printed, /"origin\/gone" is neither a file nor a commit of Git/)
  })
})

describe("the text of a comment", () => {
  it("of several plans without changes is that of one", () => {
    const diff = { plan: ".", class: "none", markdown: none } as const
    assert.strictEqual(textOf([diff, diff]), none)
  })
})

describe("the action's description", () => {
  const described = parse(readFileSync(join(action, "action.yml"), "utf8"))
  const page = readFileSync(join(root, "docs/plan-changes.md"), "utf8")
  const workflows = Array.from(page.matchAll(/^```yaml\n(.*?)^```$/gms), ([, text = ""]) => text)
  const examples = workflows.filter((text) => text.includes("plan-diff")).map((text) => parse(text))

  it("passes each input to the step, and no other", () => {
    const [step] = described.runs.steps
    const { "fail-on": _, ...rest } = described.inputs
    const names = Object.keys({ ...rest, fail_on: "" }).map((name) => `PLAN_DIFF_${name.toUpperCase()}`)
    assert.deepStrictEqual(Object.keys(step.env).toSorted(), names.toSorted())
  })

  it("is what the page about changes shows in a workflow", () => {
    const uses = examples.flatMap(({ jobs }) => Object.values<any>(jobs))
    assert.isNotEmpty(uses)
    for (const { permissions, steps } of uses) {
      assert.deepStrictEqual(permissions, { contents: "read", "pull-requests": "write" })
      const step = steps.find(({ uses }: { uses?: string }) => uses?.includes("plan-diff"))
      assert.match(step.uses, /^trackmap\/trackmap\/\.github\/actions\/plan-diff@/)
      for (const name of Object.keys(step.with ?? {})) assert.property(described.inputs, name)
    }
    assert.deepStrictEqual(
      examples.map((one) => Object.keys(one.on)),
      examples.map(() => ["pull_request"])
    )
  })

  it("is told in the table of the page, with its defaults", () => {
    const rows = Array.from(page.matchAll(/^\| `([a-z-]+)` +\| `?([^|`]*?)`? +\|/gm), ([, name, value]) => [
      name,
      value!.trim()
    ])
    const inputs = Object.entries<{ default: string }>(described.inputs).map(([name, input]) => [name, input.default])
    assert.deepStrictEqual(
      rows.filter(([name]) => Object.hasOwn(described.inputs, name!)),
      inputs
    )
  })
})
