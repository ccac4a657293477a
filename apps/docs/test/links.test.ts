import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, it } from "vitest"

const root = join(import.meta.dirname, "../../..")
const pages = [
  ...globSync("docs/**/*.md", { cwd: root }),
  ...globSync("{packages,apps}/*/README.md", { cwd: root }),
  ...globSync("{.,compat}/*.md", { cwd: root })
]

/** A text without what is code in it. */
const prose = (file: string): string => readFileSync(file, "utf8").replaceAll(/^```.*?^```$/gms, "")

/** The names by which GitHub links to a page's headings. */
const anchors = (file: string): ReadonlyArray<string> =>
  [...prose(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-")
  )

it.each(pages)("the links of %s lead somewhere", (page) => {
  const links = [...prose(join(root, page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!)
  const broken = links.filter((link) => {
    if (/^\w+:/.test(link)) return false
    const [path = "", anchor] = link.split("#")
    const file = path === "" ? join(root, page) : join(root, dirname(page), path)
    return !existsSync(file) || (anchor !== undefined && !anchors(file).includes(anchor))
  })
  assert.deepStrictEqual(broken, [])
})
