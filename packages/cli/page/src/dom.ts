/** Elements of the page. Text of the plan is only ever the text of a node or the value of an attribute, and never markup. */

export type Child = Node | string | undefined | false | ReadonlyArray<Child>

type Attributes = Readonly<Record<string, string | undefined | false>>

const svgNamespace = "http://www.w3.org/2000/svg"

const filled = <E extends Element>(element: E, attributes: Attributes, children: ReadonlyArray<Child>): E => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value)
  }
  element.append(...nodes(children))
  return element
}

const nodes = (children: ReadonlyArray<Child>): ReadonlyArray<Node | string> =>
  children.flatMap((child) => {
    if (child === undefined || child === false) return []
    return typeof child === "string" || child instanceof Node ? [child] : nodes(child)
  })

/** An element of HTML. */
export const h = (tag: string, attributes: Attributes = {}, ...children: ReadonlyArray<Child>): HTMLElement =>
  filled(document.createElement(tag), attributes, children)

/** An element of SVG. */
export const svg = (tag: string, attributes: Attributes = {}, ...children: ReadonlyArray<Child>): SVGElement =>
  filled(document.createElementNS(svgNamespace, tag), attributes, children)

/** A name of the plan: letters that run from right to left move nothing around it. */
export const name = (text: string): HTMLElement => h("bdi", { class: "name" }, text)

/** The same as code. */
export const code = (text: string): HTMLElement => h("code", {}, name(text))

export const link = (href: string, ...children: ReadonlyArray<Child>): HTMLElement => h("a", { href }, ...children)

/** A table, which is a list of cards where there is little room. Rows without any cell in a column have no such column. */
export const table = (
  label: string,
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<Child>>
): HTMLElement | undefined => {
  const isEmpty = (cell: Child): boolean =>
    cell === undefined || cell === false || cell === "" || (Array.isArray(cell) && cell.every(isEmpty))
  const used = head.flatMap((_, at) => (rows.some((row) => !isEmpty(row[at])) ? [at] : []))
  if (rows.length === 0) return undefined
  return h(
    "table",
    { "aria-label": label, class: head[0] === "key" && "keys" },
    h(
      "thead",
      {},
      h("tr", {}, ...used.map((at) => h("th", { scope: "col", class: `of-${head[at]!.split(" ")[0]}` }, head[at]!)))
    ),
    h(
      "tbody",
      {},
      ...rows.map((row) =>
        h(
          "tr",
          {},
          ...used.map((at) =>
            at === 0
              ? h("th", { scope: "row" }, row[at])
              : h("td", { "data-label": head[at]!, class: isEmpty(row[at]) && "none" }, h("div", {}, row[at]))
          )
        )
      )
    )
  )
}

export const section = (title: string, ...children: ReadonlyArray<Child>): HTMLElement | undefined =>
  nodes(children).length === 0 ? undefined : h("section", {}, h("h2", {}, title), ...children)

/** A number of things. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`
