import * as CheckedOptions from "@trackmap/core/Options"
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import { characters } from "./limits.ts"

/** Amplitude's addresses, by the region of a project's data ("HTTP V2 API", "Regions"). */
export const endpoints = {
  /** The default: the United States. */
  us: "https://api2.amplitude.com",
  /** The European Union. */
  eu: "https://api.eu.amplitude.com"
} as const

/** The options of the sink. */
export interface Options {
  /** The project's API key. The sink writes it into the body of its requests, and nowhere else. */
  readonly apiKey: Redacted.Redacted<string>
  /** The address before `/2/httpapi`, or "us" or "eu" for those in `endpoints`. Default: "us". */
  readonly endpoint?: string | undefined
  /**
   * `"http"` is the HTTP V2 API: requests of 1 MB, and 30 events a second of a user or a device. `"batch"` is the Batch Event Upload API: requests
   * of 20 MB, 1,000 events a second, and minutes until a chart shows them. Default: `"http"`.
   */
  readonly api?: "http" | "batch" | undefined
  /** The characters that an id has at least. Amplitude's own default, 5, silently removes shorter ids. Default: 1. */
  readonly minIdLength?: number | undefined
  /** The group type of `context.groupId`, and of `group` calls that name none. Default: "company". */
  readonly groupType?: string | undefined
  /**
   * For strings that Amplitude would cut, and values nested deeper than it accepts: `"cut"` cuts them and lists their keys under `_truncated`,
   * `"reject"` rejects the message. Default: `"cut"`.
   */
  readonly whenTooLarge?: "cut" | "reject" | undefined
  /** Compresses bodies of 1,024 bytes or more. Default: false. */
  readonly gzip?: boolean | undefined
  /** The sink's name in receipts. Default: "amplitude". */
  readonly name?: string | undefined
  /** The time limit of a request, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  readonly timeout?: Duration.Input | undefined
}

/** The options with their defaults. */
export const resolve = (given: Options) =>
  CheckedOptions.resolve("Amplitude.sink", given, {
    apiKey: CheckedOptions.secret("the API key"),
    endpoint: CheckedOptions.optional<string>("us"),
    api: CheckedOptions.oneOf("http", "batch"),
    minIdLength: CheckedOptions.optional<number>(1, (length) =>
      Number.isInteger(length) && length >= 1 ? undefined : "minIdLength is not a whole number above 0"
    ),
    groupType: CheckedOptions.text("the group type", "company", ({ length }) =>
      length > characters ? `the group type is longer than ${characters} characters` : undefined
    ),
    whenTooLarge: CheckedOptions.oneOf("cut", "reject"),
    gzip: CheckedOptions.optional(false),
    name: CheckedOptions.optional("amplitude"),
    timeout: CheckedOptions.optional<Duration.Input>("10 seconds")
  })
