/** The catalogue as a site: a page, its script and style, and the data that they show. */
import files from "#page"
import type { Site } from "./model.ts"

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (one) => escapes[one]!).toWellFormed()

/**
 * A script, since a page from a disk may load no other data. A literal would take a key `__proto__` for the prototype, so the script parses JSON. In
 * single quotes, JSON has little to escape.
 */
const dataOf = (site: Site): string => {
  const json = JSON.stringify(site).replaceAll(/[\\']/g, (one) => `\\${one}`)
  return `globalThis.trackmapCatalogue=JSON.parse('${json}')\n`
}

const listOf = (
  title: string,
  parts: ReadonlyArray<{ readonly name: string; readonly description?: string }>
): string => {
  if (parts.length === 0) return ""
  const items = parts.map(
    ({ description, name }) =>
      `<li><bdi>${escaped(name)}</bdi>${description === undefined ? "" : `: <bdi>${escaped(description)}</bdi>`}</li>`
  )
  return `<section><h2>${title}</h2><ul>\n${items.join("\n")}\n</ul></section>`
}

/** What the page is without its script, too. Nothing of it is loaded from elsewhere. */
const indexOf = (site: Site): string => {
  const { entities, subjects, title } = site
  const events = subjects.filter(({ kind }) => kind === "event")
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="catalogue.css">
</head>
<body>
<main><div>
<h1>${escaped(title)}</h1>
<noscript><p>The search and the page of each event need JavaScript.</p></noscript>
${listOf("Events", events)}
${listOf("Entities", entities)}
</div></main>
<script src="data.js"></script>
<script src="catalogue.js"></script>
</body>
</html>
`
}

/** The files of the site. The same data makes the same files. */
export const filesOf = (site: Site): ReadonlyMap<string, string> =>
  new Map([
    ["index.html", indexOf(site)],
    ["catalogue.css", files.style],
    ["catalogue.js", files.script],
    ["data.js", dataOf(site)]
  ])
