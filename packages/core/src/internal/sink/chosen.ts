import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"

/** The known names that a setting lists, each once. */
export const chosen = (setting: string, known: ReadonlyArray<string>): Config.Config<ReadonlyArray<string>> =>
  Config.flatMap(Config.withDefault(Config.String(setting), ""), (given) => {
    const names = [...new Set(given.split(",").map((one) => one.trim()))].filter((one) => one !== "")
    const unknown = names.find((one) => !known.includes(one))
    if (names.length > 0 && unknown === undefined) return Config.succeed(names)
    const what =
      unknown === undefined ? "names no sink" : `names ${JSON.stringify(unknown)}, which is not one of the sinks`
    return Config.fail(
      new ConfigProvider.SourceError({ message: `${setting} ${what}. Use some of: ${known.join(", ")}` })
    )
  })
