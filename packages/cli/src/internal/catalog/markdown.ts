/** The catalogue of a plan as Markdown: a page for the plan, and one for each event and each entity. */
import type * as Description from "@trackmap/core/Description"
import { shown } from "../diff/shown.ts"
import { fileNames } from "@trackmap/core/PlanSupport"
import { code, link, plain, table } from "../markdown.ts"
import { sinkTable } from "./sinks/markdown.ts"
import type { SinkViews } from "./sinks/model.ts"

type Lines = ReadonlyArray<string>

/** Where the pages of events and entities are. */
interface Pages {
  readonly events: ReadonlyMap<string, string>
  readonly entities: ReadonlyMap<string, string>
}

const deprecated = ({ deprecated: given }: Description.Annotations): string => {
  if (given === undefined) return ""
  const instead = given.replacedBy === undefined ? "" : `: use ${code(given.replacedBy)}`
  return `**Deprecated**${instead}${given.reason === undefined ? "" : ` (${plain(given.reason)})`}`
}

const sentences = (parts: Lines): string => parts.filter((part) => part !== "").join(". ")

/** What people need to know, in a cell of a table. */
const noteOf = (part: Description.Annotations): string =>
  sentences([
    deprecated(part),
    part.description === undefined ? "" : plain(part.description.trim().replace(/\.$/, "")),
    part.examples === undefined
      ? ""
      : `For example ${part.examples.map((one) => code(JSON.stringify(one))).join(", ")}`,
    part.since === undefined ? "" : `Since ${plain(part.since)}`,
    part.owner === undefined ? "" : `Owner: ${plain(part.owner)}`
  ])

/** The same as the head of a page. */
const headOf = (
  title: string,
  part: Description.Annotations,
  facts: ReadonlyArray<readonly [string, string]>
): Lines => {
  const { description, owner, since, tags } = part
  const all = [
    ["Owner", plain(owner ?? "")],
    ["Since", plain(since ?? "")],
    ["Tags", (tags ?? []).map(code).join(", ")],
    ...facts
  ].filter(([, value]) => value !== "")
  const note = deprecated(part)
  return [
    `# ${plain(title)}`,
    "",
    ...(note === "" ? [] : [`${note}.`, ""]),
    ...(description === undefined ? [] : [plain(description.trim()), ""]),
    ...all.map(([name, value]) => `- ${name}: ${value}`),
    ...(all.length === 0 ? [] : [""])
  ]
}

// -----------------------------------------------------------------------------
// keys
// -----------------------------------------------------------------------------

const presenceOf = ({ optional, personal }: Pick<Description.Key, "optional" | "personal">): string =>
  [optional ? "optional" : "always", ...(personal ? ["**personal**"] : [])].join(", ")

const inside = ({ type }: Description.Key): ReadonlyArray<Description.Node> => {
  const item = type._tag === "Array" ? type.items : type
  return item._tag === "Record" ? item.nodes : []
}

const keyRow = (before: string, key: Description.Key): Lines => [
  code(before + key.key),
  code(shown(key.type)),
  presenceOf(key),
  code(key.kind === "aggregate" ? `${key.attribute} of ${key.path}` : key.path),
  noteOf(key)
]

/** The rows of some keys, with those of the records in them. */
const keyRows = (keys: ReadonlyArray<Description.Key>, before = ""): ReadonlyArray<Lines> =>
  keys.flatMap((key) => {
    const mark = key.type._tag === "Array" ? "[]." : "."
    const rows = inside(key).flatMap((node) => keyRows(node.keys, `${before}${key.key}${mark}`))
    return [keyRow(before, key), ...rows]
  })

const keyHead = ["key", "type", "presence", "from", "what it is"]

const sourceOf = ({ resolver }: Description.Node): string =>
  resolver._tag === "Loader"
    ? `, looked up by the loader ${code(resolver.loader)}`
    : resolver._tag === "Function"
      ? ", from the row that is related"
      : ""

const nodeTitle = (node: Description.Node, { entities }: Pages): string => {
  if (node.prefix === undefined) return "Its own properties"
  const entity = link(node.entity, `../entities/${entities.get(node.entity)!}.md`)
  const relation = node.relation === undefined ? "" : ` as ${code(node.path)}`
  return `${entity}${relation}${sourceOf(node)}`
}

const keySection = (title: string, keys: ReadonlyArray<Description.Key>): Lines =>
  keys.length === 0 ? [] : [`## ${title}`, "", ...table(keyHead, keyRows(keys))]

// -----------------------------------------------------------------------------
// pages
// -----------------------------------------------------------------------------

const eventPage = (event: Description.Event, pages: Pages, sinks: SinkViews | undefined): Lines => [
  ...headOf(event.name, event, [
    ["Needs consent for", event.purposes.map(code).join(", ")],
    ["If a relation cannot be looked up", event.relations === undefined ? "" : code(event.relations)]
  ]),
  ...event.nodes.flatMap((node) => keySection(nodeTitle(node, pages), node.keys)),
  ...sinkTable(event, sinks)
]

/** The starts of an entity's keys in each event that carries it. */
type Carriers = ReadonlyMap<string, ReadonlySet<string>>

/** The events that carry each entity. */
const allCarriers = (events: ReadonlyArray<Description.Event>): ReadonlyMap<string, Carriers> => {
  const all = new Map<string, Map<string, Set<string>>>()
  for (const { name, nodes } of events) {
    const visit = (node: Description.Node, before: string): void => {
      if (node.prefix !== undefined && node.to === "one" && node.keys.length > 0) {
        const found = all.get(node.entity) ?? new Map<string, Set<string>>()
        all.set(node.entity, found.set(name, (found.get(name) ?? new Set()).add(`${before}${node.prefix}_…`)))
      }
      for (const key of node.keys) {
        const mark = key.type._tag === "Array" ? "[]." : "."
        for (const inner of inside(key)) visit(inner, `${before}${key.key}${mark}`)
      }
    }
    for (const node of nodes) visit(node, "")
  }
  return all
}

const entityPage = (entity: Description.Entity, carried: Carriers | undefined, pages: Pages): Lines => {
  const carriers = [...(carried ?? [])]
  return [
    ...headOf(entity.name, entity, [["Identified by", code(entity.key)]]),
    "## Attributes",
    "",
    ...table(
      ["attribute", "type", "presence", "kind", "what it is"],
      entity.attributes.map((one) => [code(one.name), code(shown(one.type)), presenceOf(one), one.kind, noteOf(one)])
    ),
    ...(entity.relations.length === 0 ? [] : ["## Relations", ""]),
    ...table(
      ["relation", "to", "what it is"],
      entity.relations.map((one) => [
        code(one.name),
        `${one.to} ${link(one.entity, `${pages.entities.get(one.entity)!}.md`)}`,
        noteOf(one)
      ])
    ),
    ...(carriers.length === 0 ? [] : ["## Events", ""]),
    ...table(
      ["event", "keys"],
      carriers.map(([event, prefixes]) => [
        link(event, `../events/${pages.events.get(event)!}.md`),
        [...prefixes].map(code).join(", ")
      ])
    )
  ]
}

/** More entities than this are no picture that anybody reads. */
const mostDrawn = 60

/** The entities and their relations, as GitHub draws them. Their names are letters, digits and underscores. */
const graph = (entities: ReadonlyArray<Description.Entity>): Lines => {
  const edges = entities.flatMap(({ name, relations }) =>
    relations.map((one) => `  ${name} -->|${one.to === "many" ? `${one.name} *` : one.name}| ${one.entity}`)
  )
  return edges.length === 0 || entities.length > mostDrawn ? [] : ["```mermaid", "graph LR", ...edges, "```", ""]
}

const indexPage = (plan: Description.Plan, pages: Pages): Lines => {
  const { calls = [], context = [], entities, events } = plan
  return [
    "# Tracking plan",
    "",
    `${events.length} events about ${entities.length} entities.`,
    "",
    "## Events",
    "",
    ...table(
      ["event", "keys", "about", "what it is"],
      events.map((event) => [
        link(event.name, `events/${pages.events.get(event.name)!}.md`),
        String(event.nodes.reduce((sum, { keys }) => sum + keys.length, 0)),
        [...new Set(event.nodes.filter(({ prefix }) => prefix !== undefined).map(({ entity }) => code(entity)))].join(
          ", "
        ),
        noteOf(event)
      ])
    ),
    "## Entities",
    "",
    ...graph(entities),
    ...table(
      ["entity", "identified by", "what it is"],
      entities.map((entity) => [
        link(entity.name, `entities/${pages.entities.get(entity.name)!}.md`),
        code(entity.key),
        noteOf(entity)
      ])
    ),
    ...calls.flatMap(({ call, keys }) => keySection(`${plain(call)} calls`, keys)),
    ...keySection("The context of every message", context)
  ]
}

/** What every page begins with. */
export const mark = "<!-- Made by `trackmap catalog`: change the plan, not this page. -->\n"

const textOf = (lines: Lines): string => `${mark}\n${lines.join("\n").trimEnd()}\n`

/** The pages by file, with what the sinks get if it is known. */
export const pagesOf = (plan: Description.Plan, sinks?: SinkViews): ReadonlyMap<string, string> => {
  const pages: Pages = {
    events: fileNames(plan.events.map(({ name }) => name)),
    entities: fileNames(plan.entities.map(({ name }) => name))
  }
  const carriers = allCarriers(plan.events)
  return new Map([
    ["README.md", textOf(indexPage(plan, pages))],
    ...plan.events.map(
      (event) => [`events/${pages.events.get(event.name)!}.md`, textOf(eventPage(event, pages, sinks))] as const
    ),
    ...plan.entities.map(
      (entity) =>
        [
          `entities/${pages.entities.get(entity.name)!}.md`,
          textOf(entityPage(entity, carriers.get(entity.name), pages))
        ] as const
    )
  ])
}
