import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import { fanOut } from "./fanOut.ts"
import type { EventSinkImpl } from "./model.ts"

export const config = (
  sinks: { readonly [name: string]: Config.Config<EventSinkImpl> },
  name: string = "TRACKING_SINKS"
): Config.Config<EventSinkImpl> => {
  const known = Object.keys(sinks).join(", ")
  return Config.flatMap(Config.withDefault(Config.String(name), ""), (given) => {
    const names = [...new Set(given.split(",").map((one) => one.trim()))].filter((one) => one !== "")
    const unknown = names.find((one) => !Object.hasOwn(sinks, one))
    if (names.length > 0 && unknown === undefined) {
      return Config.map(Config.all(names.map((one) => sinks[one]!)), (chosen) => fanOut(...chosen))
    }
    const what =
      unknown === undefined ? "names no sink" : `names ${JSON.stringify(unknown)}, which is none of the sinks`
    return Config.fail(new ConfigProvider.SourceError({ message: `${name} ${what}. Give it some of: ${known}` }))
  })
}
