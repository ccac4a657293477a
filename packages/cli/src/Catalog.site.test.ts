import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createContext, runInContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { Aggregate, Attribute, type Description, Entity, Loader, Pii, Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { trackmap } from "../test/command.ts"
import { project } from "../test/project.ts"
import { Catalog, Lock, PlanModule } from "./index.ts"
import type { Site } from "./internal/catalog/site/model.ts"

/** What the page reads from the site's data. */
const siteIn = (script: string): Site => {
  const context = createContext({})
  runInContext(script, context)
  return JSON.parse(JSON.stringify(runInContext("trackmapCatalogue", context)))
}

const siteOf = (plan: Plan.Plan, options?: Catalog.SiteOptions): Site =>
  siteIn(Catalog.site(Plan.describe(plan), options).get("data.js")!)

const Maker = Entity.make("Maker", {
  key: "id",
  attributes: { id: Schema.Int, name: Attribute.annotate(Schema.String, { description: "As on the box" }) }
})
const makers = Loader.byKey({ name: "makers", load: () => [{ id: 1, name: "a" }], keyOf: (row) => row.id })
const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.one(
    "maker",
    Maker,
    Loader.at(makers, (row: { readonly maker: number }) => row.maker)
  )
)
const plan = Plan.make(
  TrackedEvent.make("productRenamed", {
    entities: { product: Product },
    properties: { by: Pii.personal(Schema.String) }
  }),
  TrackedEvent.make("productRepriced", { entities: { product: Product } }),
  TrackedEvent.make("noted", { purposes: ["analytics"] })
).pipe(Plan.calls({ identify: Maker }), Plan.context({ shop: Schema.String }))

describe("the site", () => {
  it("has each key once, whatever events have it, and what leads to its row", () => {
    const { columns, nodes, subjects } = siteOf(plan)
    const renamed = subjects.find(({ name }) => name === "productRenamed")!
    const maker = nodes.find(({ loader }) => loader === "makers")
    assert.include(maker, { path: "Product.maker", entity: "Maker", parent: "Product", relation: "maker" })
    assert.deepStrictEqual(
      maker?.keys.map((key) => [columns[key >> 1]?.key, key & 1]),
      [
        ["Maker_id", 1],
        ["Maker_name", 1]
      ]
    )
    assert.lengthOf(
      columns.filter(({ key }) => key === "Maker_name"),
      1
    )
    assert.includeMembers([...renamed.nodes], [...subjects.find(({ name }) => name === "productRepriced")!.nodes])
    assert.deepStrictEqual(
      subjects.map(({ kind, name }) => `${kind} ${name}`),
      ["event productRenamed", "event productRepriced", "event noted", "call identify", "context context"]
    )
  })

  it("has all that people need to know of each part", () => {
    const notes = {
      description: "What it is",
      owner: "sales",
      tags: ["checkout"],
      since: "2.4.0",
      deprecated: { reason: "old", replacedBy: "Product" },
      examples: [1]
    }
    const shown = { ...notes, examples: ["1"] }
    const Item = Entity.make("Item", {
      key: "id",
      attributes: {
        id: Attribute.annotate(Schema.Int, notes),
        name: Pii.personal(Schema.optional(Schema.String)),
        at: Schema.Date
      }
    }).pipe(
      Entity.computed("old", Schema.Boolean, () => true),
      Entity.many(
        "parts",
        Product,
        (row: { readonly parts: ReadonlyArray<Entity.Row<typeof Product>> }) => row.parts,
        Aggregate.list({ max: 3 }),
        Aggregate.max("id"),
        Aggregate.first
      ),
      Entity.annotate(notes),
      Entity.annotateRelation("parts", notes)
    )
    const event = TrackedEvent.make("itemSeen", { entities: { item: Item } }).pipe(TrackedEvent.annotate(notes))
    const { columns, entities, nodes, subjects } = siteOf(Plan.make(event))
    assert.deepInclude(subjects[0], shown)
    const item = entities.find(({ name }) => name === "Item")!
    assert.deepInclude(item, { ...shown, key: "id" })
    assert.deepInclude(item.attributes[0], { name: "id", ...shown })
    assert.deepInclude(item.attributes[1], { name: "name", optional: true, personal: true })
    assert.deepInclude(item.attributes[3], { name: "old", computed: true })
    assert.deepStrictEqual(item.relations, [{ name: "parts", entity: "Product", many: true, ...shown }])
    const column = (key: string) => columns.find((one) => one.key === key)
    assert.deepInclude(column("Item_id"), shown)
    assert.deepInclude(column("Item_parts_id_max"), { kind: "aggregate", attribute: "max(id)", reads: ["id"] })
    assert.deepInclude(column("Item_parts[].Product_id"), { entity: "Product" })
    assert.deepInclude(column("Item_parts_first.Product_id"), { entity: "Product" })
    assert.isTrue(nodes.some(({ many, path }) => many && path === "Item.parts"))
  })

  it("shows the last hundred changes of an event, and says how many there are before", () => {
    const changes = Array.from({ length: 130 }, (_, at) => [at, "minor", "x", `change ${at}`] as const)
    const known = { added: 0, keysAdded: new Map([["by", 3]]), changes }
    const history: Catalog.History = {
      file: "trackmap.lock",
      commits: changes.map(([at]) => [`h${at}`, "2026-01-01"]),
      isCut: true,
      subjects: new Map([["event productRenamed", known]]),
      gone: [["event", "productLost", 4]],
      skipped: []
    }
    const site = siteOf(plan, { history })
    const { changes: listed, ...renamed } = site.subjects[0]!
    assert.deepInclude(renamed, { added: 0, keysAdded: { by: 3 }, older: 30 })
    assert.deepStrictEqual([listed?.length, listed?.[0]?.[3]], [100, "change 129"])
    assert.deepInclude(site.history, { isCut: true, gone: [["event", "productLost", 4]] })
  })

  it("is the same whenever it is made, and shows the versions of the lock", () => {
    const description = Plan.describe(plan)
    const lock = Lock.make(description)
    const options = { title: "The shop", lock }
    assert.deepStrictEqual([...Catalog.site(description, options)], [...Catalog.site(description, options)])
    const { subjects, title } = siteOf(plan, options)
    assert.deepStrictEqual([title, subjects[0]?.version], ["The shop", "1-0-0"])
  })

  it("has no markup and no script but its own, whatever the plan says", () => {
    const texts = [
      `</script><script>alert(1)</script>`,
      `<img src=x onerror=alert(1)>`,
      `'); alert(1); ('`,
      `\\'); alert(1); //`,
      `line\u2028and\u2029end\nnext\r\0`,
      "\u202egnirts",
      "half \ud800",
      "w".repeat(10_000),
      "__proto__",
      "<!--"
    ]
    const [event] = Plan.describe(Plan.make(TrackedEvent.make("a", { properties: { a: Schema.String } }))).events
    const [node] = event!.nodes
    const [key] = node!.keys
    const hostile: Description.Plan = {
      format: 1,
      entities: texts.map((text) => ({ name: text, key: text, description: text, attributes: [], relations: [] })),
      events: texts.map((text) => ({
        ...event!,
        name: text,
        description: text,
        tags: [text],
        nodes: [{ ...node!, keys: [{ ...key!, key: text }] }]
      }))
    }
    const files = Catalog.site(hostile, { title: texts[0] })
    const site = siteIn(files.get("data.js")!)
    assert.deepStrictEqual(
      site.columns.map(({ key }) => key),
      texts
    )
    assert.deepStrictEqual(
      site.subjects.map(({ description }) => description),
      texts
    )
    const page = files.get("index.html")!
    const elements = [...page.matchAll(/<(?!\/)[a-z!][^>]*>/g)].map(([tag]) => /<(\w+|!doctype)/.exec(tag)?.[1])
    const own = [
      "!doctype",
      "html",
      "head",
      "meta",
      "title",
      "link",
      "body",
      "main",
      "div",
      "h1",
      "h2",
      "noscript",
      "p",
      "section",
      "ul",
      "li",
      "bdi",
      "script"
    ]
    assert.includeMembers(own, [...new Set(elements)] as Array<string>)
    assert.lengthOf(page.match(/<script/g)!, 2)
    assert.notInclude(page, "<img")
  })

  it("loads nothing from elsewhere", () => {
    const files = Catalog.site(Plan.describe(plan))
    assert.include(files.get("index.html"), "default-src 'none'")
    for (const [name, text] of files) {
      const others = [...text.matchAll(/https?:\/\/[^\s"'`)]+/g)].map(([address]) => address)
      assert.deepStrictEqual(
        others.filter((address) => !address.startsWith("http://www.w3.org/")),
        [],
        name
      )
    }
  })
})

// -----------------------------------------------------------------------------
// sinks
// -----------------------------------------------------------------------------

const planText = `
import { Pii, Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"

export const plan = Plan.make(TrackedEvent.make("checked", { properties: { email: Pii.personal(Schema.String) } }))
`

const sinksText = `
import { EventSink } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const named = (name: string) => EventSink.make({ name, open: () => Effect.die("a catalogue opens no sink") })
export const sinks = EventSink.fanOut(
  named("hashing").pipe(EventSink.redact({ hash: Redacted.make("key") })),
  named("all").pipe(EventSink.recase({ keys: "Title Case" }))
)
export const sinksOf = () => sinks
`

describe("the sinks of a catalogue", () => {
  it.live("are asked in the thread of the plan, whatever exports them", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": planText, "sinks.ts": sinksText })
      const { plan, sinks } = yield* PlanModule.load(join(folder, "plan.ts"), { sinks: [join(folder, "sinks.ts")] })
      assert.deepStrictEqual([sinks?.names, sinks?.unseen], [["hashing", "all"], ["sinksOf"]])
      const site = siteIn(Catalog.site(plan, { sinks }).get("data.js")!)
      const [hashing] = site.subjects[0]!.views!.map((at) => site.views![at])
      assert.deepStrictEqual(
        hashing?.keys?.hashed?.map((at) => site.columns[at]?.key),
        ["email"]
      )
      assert.deepStrictEqual(site.sinks?.[1], { name: "all", renamed: { email: "Email" } })
    })
  )

  it.live("are in the Markdown, too, if their module is named", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": planText, "sinks.ts": sinksText })
      const out = join(folder, "pages")
      const args = ["catalog", join(folder, "plan.ts"), "--out", out, "--sinks", join(folder, "sinks.ts")]
      const { code, err } = yield* trackmap(...args)
      assert.deepStrictEqual([code, err.includes("the export sinksOf is not a sink")], [0, true])
      const page = readFileSync(join(out, "events/checked.md"), "utf8")
      assert.include(page, "| hashing | yes |  | hashed: `email` |")
      assert.include(page, "| all | yes | `email` |  |")
      assert.strictEqual((yield* trackmap(...args, "--check")).code, 0)
    })
  )

  it.live("are those of the module of the plan, if no other is named", () =>
    Effect.gen(function* () {
      const text = `${planText}
import { EventSink, Receipt } from "@trackmap/core"
export const memory = EventSink.make({ name: "memory", send: async (batch) => batch.all(Receipt.delivered) })
`
      const folder = yield* project({ "plan.ts": text })
      const site = join(folder, "site")
      const { code, out } = yield* trackmap("catalog", join(folder, "plan.ts"), "--site", site)
      assert.deepStrictEqual([code, out], [0, `${site}: 4 files written, 0 removed`])
      assert.deepStrictEqual(siteIn(readFileSync(join(site, "data.js"), "utf8")).sinks, [{ name: "memory" }])
    })
  )

  it.live("have an error of their own module told with its name", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": planText, "sinks.ts": `throw new Error("no key")` })
      const sinks = join(folder, "sinks.ts")
      const { code, err } = yield* trackmap("catalog", join(folder, "plan.ts"), "--site", folder, "--sinks", sinks)
      assert.strictEqual(code, 2)
      assert.match(err, /sinks\.ts:1.*no key/)
      const missing = yield* trackmap("catalog", join(folder, "plan.ts"), "--site", folder, "--sinks", `${sinks}x`)
      assert.match(missing.err, /sinks\.tsx: there is no such file: pass the module that exports the sinks/)
    })
  )
})

describe("trackmap catalog --site", () => {
  it.live("writes the site with its history, leaves a current one as it is, and names what it left out", () =>
    Effect.gen(function* () {
      const folder = yield* project({ "plan.ts": planText, "sinks.ts": `export const mySink = () => 1` })
      const git = (...args: ReadonlyArray<string>) =>
        execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@a.test", ...args], { cwd: folder, stdio: "pipe" })
      const [module, lock, site] = [join(folder, "plan.ts"), join(folder, "trackmap.lock"), join(folder, "site")]
      git("init", "--quiet", "--initial-branch=main")
      writeFileSync(lock, "<<<<<<< HEAD\n")
      git("add", "trackmap.lock")
      git("commit", "--quiet", "-m", "conflict")
      yield* trackmap("lock", module, "--lock", lock)
      git("commit", "--quiet", "--all", "-m", "lock")
      const args = ["catalog", module, "--lock", lock, "--site", site, "--sinks", join(folder, "sinks.ts")]
      const made = yield* trackmap(...args)
      assert.strictEqual(made.code, 0)
      assert.match(
        made.err,
        /trackmap\.lock at \w+ \(\d{4}-\d\d-\d\d\) is not in the history: the file has merge conflicts/
      )
      assert.match(made.err, /the export mySink is not a sink but a function or an Effect/)
      const { history, sinks, subjects } = siteIn(readFileSync(join(site, "data.js"), "utf8"))
      assert.deepStrictEqual([history?.commits.length, history?.skipped.length, sinks], [1, 1, undefined])
      assert.deepInclude(subjects[0], { added: 0, version: "1-0-0" })
      assert.strictEqual((yield* trackmap(...args, "--check")).out, `${site}: current`)
      const json = yield* trackmap(...args, "--json")
      assert.deepStrictEqual(JSON.parse(json.out), { folder: site, written: [], removed: [] })
      writeFileSync(module, planText.replaceAll("checked", "tested"))
      const stale = yield* trackmap(...args, "--check")
      assert.strictEqual(stale.code, 1)
      assert.include(stale.err, `${site} is stale: run \`trackmap catalog --site ${site}\``)
      writeFileSync(lock, "<<<<<<< HEAD\n")
      const broken = yield* trackmap(...args)
      assert.strictEqual(broken.code, 0)
      assert.match(broken.err, /merge conflicts/)
      assert.isTrue(existsSync(join(site, "index.html")))
    })
  )
})
