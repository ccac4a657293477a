import { globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "vitest"

const root = join(import.meta.dirname, "../../..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")
const folders = globSync("packages/*/package.json", { cwd: root }).map(dirname).toSorted()

describe.each(folders)("%s", (folder) => {
  const manifest = JSON.parse(read(`${folder}/package.json`))

  it("says where its source, its page and its issues are", () => {
    assert.deepInclude(manifest, {
      homepage: `https://github.com/trackmap/trackmap/tree/main/${folder}#readme`,
      bugs: "https://github.com/trackmap/trackmap/issues",
      repository: { type: "git", url: "git+https://github.com/trackmap/trackmap.git", directory: folder }
    })
  })

  it("is published for everybody, with its provenance", () => {
    assert.notProperty(manifest, "private")
    assert.deepInclude(manifest, { license: "MIT", publishConfig: { access: "public", provenance: true } })
    assert.strictEqual(read(`${folder}/LICENSE`), read("LICENSE"))
  })
})

describe("the release workflow", () => {
  const [top = "", below = ""] = read(".github/workflows/release.yml").split(/^jobs:$/m)
  const jobs = below.trim().split(/^ {2}(?=[\w-]+:$)/m)
  const job = (name: string): string => jobs.find((text) => text.startsWith(`${name}:`))!
  const published = job("publish")

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
      [published]
    )
    assert.deepStrictEqual(published.match(/run: .*/g), ["run: npm ci"])
  })

  it("takes what others wrote at one commit", () => {
    const actions = [...jobs.join("").matchAll(/uses: (\S+)/g)].map(([, action]) => action!)
    const loose = actions.filter((action) => !action.startsWith("actions/") && !/@[\da-f]{40}$/.test(action))
    assert.isNotEmpty(actions)
    assert.deepStrictEqual(loose, [])
  })
})
