import { globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "vitest"

const root = join(import.meta.dirname, "../../..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")
const published = globSync("packages/*/package.json", { cwd: root }).map(dirname).toSorted()
const repository = { type: "git", url: "git+https://github.com/trackmap/trackmap.git" }
const bugs = "https://github.com/trackmap/trackmap/issues"

describe.each(published)("%s", (folder) => {
  const manifest = JSON.parse(read(`${folder}/package.json`))

  it("says where its source, its page and its issues are", () => {
    const homepage = `https://github.com/trackmap/trackmap/tree/main/${folder}#readme`
    assert.deepInclude(manifest, { homepage, bugs, repository: { ...repository, directory: folder } })
  })

  it("is published for everybody, with its provenance", () => {
    assert.notProperty(manifest, "private")
    assert.deepInclude(manifest, { license: "MIT", publishConfig: { access: "public", provenance: true } })
    assert.strictEqual(read(`${folder}/LICENSE`), read("LICENSE"))
  })
})

describe("what is not published", () => {
  const folders = globSync("{apps/*,compat}/package.json", { cwd: root }).map(dirname).toSorted()

  it.each(folders)("%s is private, and says where its source and its issues are", (folder) => {
    const manifest = JSON.parse(read(`${folder}/package.json`))
    assert.deepInclude(manifest, { private: true, bugs, repository: { ...repository, directory: folder } })
  })

  it("the repository itself does, too", () => {
    assert.deepInclude(JSON.parse(read("package.json")), { private: true, bugs, repository })
  })
})

describe("the release workflow", () => {
  const [top = "", below = ""] = read(".github/workflows/release.yml").split(/^jobs:$/m)
  const jobs = below.trim().split(/^ {2}(?=[\w-]+:$)/m)
  const job = (name: string): string => jobs.find((text) => text.startsWith(`${name}:`))!
  const publish = job("publish")

  it("gives no permission but to a job that asks for it", () => {
    assert.match(top, /^permissions: \{\}$/m)
    assert.deepStrictEqual(
      jobs.filter((text) => !text.includes("permissions:")),
      []
    )
  })

  it("lets one job publish, which builds nothing", () => {
    assert.deepStrictEqual(
      jobs.filter((text) => text.includes("id-token: write")),
      [publish]
    )
    assert.deepStrictEqual(publish.match(/run: .*/g), ["run: npm ci"])
  })

  it("takes what others wrote at one commit", () => {
    const actions = [...jobs.join("").matchAll(/uses: (\S+)/g)].map(([, action]) => action!)
    const loose = actions.filter((action) => !action.startsWith("actions/") && !/@[\da-f]{40}$/.test(action))
    assert.isNotEmpty(actions)
    assert.deepStrictEqual(loose, [])
  })
})
