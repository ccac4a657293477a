import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import { fanOut } from "./fanOut.ts"
import type { Any, ErrorOf, EventSink, ServicesOf } from "./model.ts"

type Configured<Sinks> = {
  [K in keyof Sinks]: Sinks[K] extends Config.Config<infer S extends Any> ? S : never
}[keyof Sinks]

export const config = <Sinks extends { readonly [name: string]: Config.Config<Any> }>(
  sinks: Sinks,
  name: string = "TRACKING_SINKS"
): Config.Config<EventSink<ErrorOf<Configured<Sinks>>, ServicesOf<Configured<Sinks>>>> => {
  const known = Object.keys(sinks).join(", ")
  return Config.flatMap(Config.withDefault(Config.String(name), ""), (given) => {
    const names = [...new Set(given.split(",").map((one) => one.trim()))].filter((one) => one !== "")
    const unknown = names.find((one) => !Object.hasOwn(sinks, one))
    if (names.length > 0 && unknown === undefined) {
      return Config.map(Config.all(names.map((one) => sinks[one]!)), (chosen) => fanOut(...chosen))
    }
    const what =
      unknown === undefined ? "names no sink" : `names ${JSON.stringify(unknown)}, which is not one of the sinks`
    return Config.fail(new ConfigProvider.SourceError({ message: `${name} ${what}. Use some of: ${known}` }))
  })
}
