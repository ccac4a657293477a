/** What rudder-cli says of resources: its rules for `rudder/v1`, from their descriptions in rudder-iac. */
import { parse } from "yaml"

type Values = Readonly<Record<string, any>>

const types = new Set(["string", "number", "integer", "boolean", "null", "array", "object"])
const keywords: Readonly<Record<string, ReadonlyArray<string>>> = {
  string: ["enum", "min_length", "max_length", "pattern", "format"],
  integer: ["enum", "minimum", "maximum", "exclusive_minimum", "exclusive_maximum", "multiple_of"],
  number: ["enum", "minimum", "maximum", "exclusive_minimum", "exclusive_maximum", "multiple_of"],
  array: ["min_items", "max_items", "unique_items"],
  boolean: ["enum"],
  null: [],
  object: ["additional_properties"]
}
const formats = new Set(["date-time", "date", "time", "email", "uuid", "hostname", "ipv4", "ipv6"])
const display = /^[A-Z_a-z][ \w,.-]{1,63}[\w,.-]$/

const counted = (text: string): number => [...text].length
const isBetween = (text: unknown, least: number, most: number): boolean =>
  typeof text === "string" && counted(text) >= least && counted(text) <= most
const isOnly = (value: Values, ...names: ReadonlyArray<string>): boolean =>
  Object.keys(value).every((name) => names.includes(name))
const areUnique = (all: ReadonlyArray<unknown>): boolean => new Set(all).size === all.length

/** The resources of some files by their kinds, and why rudder-cli would refuse them. */
export const rudder = (files: ReadonlyMap<string, string>) => {
  const problems: Array<string> = []
  const check = (isTrue: boolean, problem: string): void => void (isTrue || problems.push(problem))
  const specs = new Map<string, Values>()
  for (const [file, text] of files) {
    const { kind, metadata, spec, version, ...others } = parse(text) as Values
    check(version === "rudder/v1" && Object.keys(others).length === 0, `${file}: version`)
    check(typeof metadata?.name === "string" && metadata.name !== "", `${file}: metadata.name`)
    specs.set(kind, spec)
  }
  const all = (kind: string, list: string): ReadonlyArray<Values> => specs.get(kind)?.[list] ?? []
  const [properties, events] = [all("properties", "properties"), all("events", "events")]
  const [customTypes, categories] = [all("custom-types", "types"), all("categories", "categories")]
  const plan = specs.get("tracking-plan")!
  const idsOf = (list: ReadonlyArray<Values>) => new Map(list.map((one) => [one["id"] as string, one]))
  const known: Readonly<Record<string, ReadonlyMap<string, Values>>> = {
    property: idsOf(properties),
    event: idsOf(events),
    "custom-type": idsOf(customTypes),
    category: idsOf(categories)
  }
  const resolve = (reference: unknown, kind: string): Values | undefined => {
    const [, given, id] = /^#([a-z-]+):([a-zA-Z0-9_-]+)$/.exec(String(reference)) ?? []
    const found = given === kind ? known[kind]!.get(id!) : undefined
    check(found !== undefined, `reference ${String(reference)}`)
    return found
  }
  const checkConfig = (own: ReadonlyArray<string>, config: Values, where: string): void => {
    for (const [key, value] of Object.entries(config)) {
      const takers = own.filter((type) => keywords[type]!.includes(key))
      check(takers.length > 0, `${where}: ${key} is not applicable`)
      if (key === "enum") check(Array.isArray(value) && value.length > 0 && areUnique(value), `${where}: enum`)
      else if (key === "format") check(formats.has(value), `${where}: format`)
      else if (key === "pattern") check(typeof value === "string", `${where}: pattern`)
      else if (takers.includes("number")) check(typeof value === "number", `${where}: ${key}`)
      else check(Number.isInteger(value), `${where}: ${key}`)
      if (key === "multiple_of") check(value > 0, `${where}: ${key}`)
      if (/^(min|max)_/.test(key)) check(value >= 0, `${where}: ${key}`)
    }
    for (const [least, most] of [
      ["min_length", "max_length"],
      ["min_items", "max_items"],
      ["minimum", "maximum"]
    ] as const) {
      if (least in config && most in config) check(config[least] <= config[most], `${where}: ${least} > ${most}`)
    }
  }
  const checkType = (one: Values, where: string): void => {
    const { config, item_type: item, item_types: items, type, types: several } = one
    check(type === undefined || several === undefined, `${where}: type and types`)
    check(item === undefined || items === undefined, `${where}: item_type and item_types`)
    for (const list of [several ?? [], items ?? []]) {
      check(areUnique(list) && list.every((name: string) => types.has(name)), `${where}: types`)
    }
    for (const name of [type, item]) if (name !== undefined && !types.has(name)) resolve(name, "custom-type")
    if (config === undefined) return
    check(!String(type).startsWith("#"), `${where}: config of a custom type`)
    checkConfig(several ?? [type], config, where)
  }

  for (const [kind, list] of Object.entries({ properties, events, customTypes, categories })) {
    check(areUnique(list.map(({ id }) => id)), `${kind}: duplicate ids`)
    for (const { id } of list) check(/^[a-zA-Z0-9_-]+$/.test(id), `${kind}: id ${id}`)
  }
  for (const one of properties) {
    const { description, name } = one
    check(
      isOnly(one, "id", "name", "description", "type", "types", "item_type", "item_types", "config"),
      "properties: field"
    )
    check(isBetween(name, 1, 65) && name.trim() === name, `properties: name ${name}`)
    if (description !== undefined) check(isBetween(description, 3, 2_000), `properties: description of ${name}`)
    checkType(one, `the property ${name}`)
  }
  const kindOf = ({ item_type: item, item_types: items, name, type, types: several }: Values): string =>
    JSON.stringify([name, [type, ...(several ?? [])].toSorted(), [item, ...(items ?? [])].toSorted()])
  check(areUnique(properties.map(kindOf)), "properties: duplicate name and types")
  for (const one of customTypes) {
    check(isOnly(one, "id", "name", "type", "item_type", "item_types", "config"), "custom types: field")
    check(
      isBetween(one["name"], 2, 65) && /^[A-Z][A-Za-z0-9_-]*$/.test(one["name"]),
      `custom types: name ${one["name"]}`
    )
    check(types.has(one["type"]), "custom types: type")
    checkType(one, `the custom type ${one["name"]}`)
  }
  check(areUnique(customTypes.map(({ name }) => name)), "custom types: duplicate name")
  for (const { name } of categories) check(display.test(name), `categories: name ${name}`)
  check(areUnique(categories.map(({ name }) => name)), "categories: duplicate name")
  for (const one of events) {
    const { category, description, event_type: type, name = "" } = one
    check(isOnly(one, "id", "name", "event_type", "description", "category"), "events: field")
    check(["track", "screen", "identify", "group", "page"].includes(type), `events: event_type ${type}`)
    const bytes = Buffer.byteLength(name)
    check(type === "track" ? bytes >= 1 && bytes <= 64 : name === "", `events: name ${name}`)
    if (description !== undefined)
      check(isBetween(description, 3, 2_000) && /^[A-Za-z]/.test(description), "events: description")
    if (category !== undefined) resolve(category, "category")
  }
  check(areUnique(events.map(({ event_type: type, name }) => `${name}|${type}`)), "events: duplicate name")
  check(
    isOnly(plan, "id", "display_name", "description", "rules") && display.test(plan["display_name"]),
    "tracking plan: display_name"
  )
  check(areUnique(plan["rules"].map(({ id }: Values) => id)), "tracking plan: duplicate rule ids")
  const checkUse = (use: Values, depth: number): void => {
    const { additional_properties: open, properties: inside = [], property } = use
    check(
      isOnly(use, "property", "required", "additional_properties", "properties"),
      "tracking plan: field of a property"
    )
    const found = resolve(property, "property")
    check(depth <= 3, `tracking plan: ${property} is too deep`)
    if (inside.length === 0) return check(open === undefined, "tracking plan: additional_properties without properties")
    const { item_type: item, item_types: items = [item], type, types: several = [type] } = found ?? {}
    const [isObject, isArray] = [several.includes("object"), several.includes("array")]
    const isNesting = isObject ? !isArray : isArray && (item === undefined || items.includes("object"))
    check(isNesting, `tracking plan: ${property} cannot have properties`)
    for (const one of inside) checkUse(one, depth + 1)
  }
  for (const rule of plan["rules"]) {
    check(
      isOnly(rule, "type", "id", "event", "identity_section", "additional_properties", "properties"),
      "tracking plan: field of a rule"
    )
    check(rule.type === "event_rule" && rule.id !== "", "tracking plan: type of a rule")
    check(
      [undefined, "properties", "traits", "context.traits"].includes(rule.identity_section),
      "tracking plan: identity_section"
    )
    resolve(rule.event, "event")
    for (const use of rule.properties ?? []) checkUse(use, 0)
  }
  return { problems, properties, events, customTypes, categories, plan, resolve }
}
