import * as CheckedOptions from "@trackmap/core/Options"
import type * as Duration from "effect/Duration"
import { characters } from "./limits.ts"

/** Amplitude's addresses, by the region of a project's data ("HTTP V2 API", "Regions"). */
export const endpoints = {
  /** The default: the United States. */
  us: "https://api2.amplitude.com",
  /** The European Union. */
  eu: "https://api.eu.amplitude.com"
} as const

const rules = {
  /** The project's API key. The sink writes it into the body of its requests, and nowhere else. */
  apiKey: CheckedOptions.secret("the API key"),
  /** The address before `/2/httpapi`, or "us" or "eu" for those in `endpoints`. Default: "us". */
  endpoint: CheckedOptions.optional("us"),
  /**
   * `"http"` is the HTTP V2 API: requests of 1 MB, and 30 events a second of a user or a device. `"batch"` is the Batch Event Upload API: requests
   * of 20 MB, 1,000 events a second, and minutes until a chart shows them. Default: `"http"`.
   */
  api: CheckedOptions.oneOf("http", "batch"),
  /** The characters that an id has at least. Amplitude's own default, 5, silently removes shorter ids. Default: 1. */
  minIdLength: CheckedOptions.optional(1, (length) =>
    Number.isInteger(length) && length >= 1 ? undefined : "minIdLength is not a whole number above 0"
  ),
  /** The group type of `context.groupId`, and of `group` calls that name none. Default: "company". */
  groupType: CheckedOptions.text("the group type", "company", ({ length }) =>
    length > characters ? `the group type is longer than ${characters} characters` : undefined
  ),
  /**
   * For strings that Amplitude would cut, and values nested deeper than it accepts: `"cut"` cuts them and lists their keys under `_truncated`,
   * `"reject"` rejects the message. Default: `"cut"`.
   */
  whenTooLarge: CheckedOptions.oneOf("cut", "reject"),
  /** Compresses bodies of 1,024 bytes or more. Default: false. */
  gzip: CheckedOptions.optional(false),
  /** The sink's name in receipts. Default: "amplitude". */
  name: CheckedOptions.optional("amplitude"),
  /** The time limit of a request, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  timeout: CheckedOptions.optional<Duration.Input>("10 seconds")
}

/** The options of the sink. */
export interface Options extends CheckedOptions.Given<typeof rules> {}

/** Checks the options, and adds the defaults. */
export const resolve = (given: Options): CheckedOptions.Resolved<typeof rules> =>
  CheckedOptions.resolve("Amplitude.sink", given, rules)

/** The options with their defaults. */
export type Resolved = CheckedOptions.Resolved<typeof rules>["options"]
