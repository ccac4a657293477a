/** Templates, which are TypeScript modules, in the language and the modules of a service. */
import { stripTypeScriptTypes } from "node:module"
import type { Service } from "./model.ts"

type Style = Pick<Service, "hasNodeTypes" | "imports" | "language" | "modules">

/** Node's own, without its warning that it is experimental: it runs on templates that the tests run. */
const stripped = (code: string): string => {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(code)
  } finally {
    process.emitWarning = emitWarning
  }
}

/** JavaScript, without the spaces that types leave behind. */
const javaScriptOf = (code: string): string => {
  const before = code.split("\n")
  return stripped(code)
    .split("\n")
    .flatMap((line, index) => {
      if (line === before[index]) return [line]
      const [indent] = /^ */.exec(before[index]!)!
      const left = line
        .trim()
        .replaceAll(/ {2,}(?=[,)])/g, "")
        .replaceAll(/ {2,}/g, " ")
      return left === "" ? [] : [indent + left]
    })
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
}

const named = /^export const (\w+)/gm

const commonJsOf = (code: string): string => {
  const names = Array.from(code.matchAll(named), ([, name]) => name)
  const required = code
    .replaceAll(/^import \* as (\w+) from (".*")$/gm, "const $1 = require($2)")
    .replaceAll(/^import (\{.*\}) from (".*")$/gm, "const $1 = require($2)")
    .replaceAll(/^import (".*")$/gm, "require($1)")
    .replaceAll(named, "const $1")
  return names.length === 0 ? required : `${required}\nmodule.exports = { ${names.join(", ")} }\n`
}

const local = /(?<=^(?:import|\}).* from "\.\/[\w.-]+)\.ts(?="$)/gm

/** What has Node's types: its own modules and globals, and the module `Tracking`. */
const needsNode = /"node:|\bprocess\.|\bTracking\b/

/** The code of a template in the style of a service. */
export const written = (template: string, { hasNodeTypes, imports, language, modules }: Style): string => {
  if (language === "TypeScript") {
    const types = !hasNodeTypes && needsNode.test(template) ? `/// <reference types="node" />\n` : ""
    return types + template.replaceAll(local, imports)
  }
  const code = javaScriptOf(template).replaceAll(local, ".js")
  return modules === "ESM" ? code : commonJsOf(code)
}
