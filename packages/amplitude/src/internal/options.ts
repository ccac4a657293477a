import * as HttpSink from "@trackmap/core/HttpSink"
import * as CheckedOptions from "@trackmap/core/Options"
import type * as Plan from "@trackmap/core/Plan"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as SendError from "@trackmap/core/SendError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Form } from "./event.ts"
import * as limits from "./limits.ts"

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

const names: CheckedOptions.Names<Options> = {
  apiKey: true,
  endpoint: true,
  api: true,
  minIdLength: true,
  groupType: true,
  whenTooLarge: true,
  gzip: true,
  name: true,
  timeout: true
}

/** An opened sink's address, and the text around the events of its requests. */
export interface Target {
  readonly name: string
  readonly endpoint: HttpSink.Endpoint
  readonly bytes: number
  readonly before: string
  readonly after: string
}

/** Checks the options' names. */
export const checkNames = (given: Options): Options => CheckedOptions.check<Options>("Amplitude.sink", given, names)

/** How messages become events, with the defaults. */
export const formOf = ({ groupType = "company", minIdLength = 1, whenTooLarge = "cut" }: Options): Form => ({
  groupType,
  minIdLength,
  whenTooLarge
})

export const pathOf = ({ api }: Options): string => (api === "batch" ? "/batch" : "/2/httpapi")

/** The error in the options, if any. It quotes no value, since the key may be in the wrong option. */
const wrongIn = (options: Options): string | undefined => {
  const { api = "http", apiKey } = options
  if (!Redacted.isRedacted(apiKey)) {
    return "the API key is not Redacted: pass Redacted.make(apiKey), which keeps it out of logs"
  }
  // An environment variable that is not set comes as undefined.
  const key: unknown = Redacted.value(apiKey)
  if (typeof key !== "string" || key === "") return "the API key is empty"
  const { groupType, minIdLength, whenTooLarge } = formOf(options)
  if (api !== "http" && api !== "batch") return `api is "http" or "batch"`
  if (whenTooLarge !== "cut" && whenTooLarge !== "reject") return `whenTooLarge is "cut" or "reject"`
  if (!Number.isInteger(minIdLength) || minIdLength < 1) return "minIdLength is not a whole number above 0"
  return typeof groupType !== "string" || groupType === "" || groupType.length > limits.characters
    ? "the group type is empty, or too long"
    : undefined
}

/** Checks the options and the plan. */
export const check = Effect.fnUntraced(function* (
  options: Options,
  plan: Plan.Plan | undefined
): Effect.fn.Return<Target, SendError.Misconfigured> {
  const reason = wrongIn(options) ?? (plan && PropertyLimits.reasonAgainstPlan(plan, "Amplitude", limits.properties))
  if (reason !== undefined) return yield* new SendError.Misconfigured({ reason })
  const { apiKey, endpoint = "us", gzip, name = "amplitude", timeout } = options
  return {
    name,
    endpoint: yield* HttpSink.endpoint(name, {
      url: HttpSink.regional(endpoints, endpoint),
      path: pathOf(options),
      gzip,
      timeout
    }),
    bytes: limits.requestBytes[options.api ?? "http"],
    before: `{"api_key":${JSON.stringify(Redacted.value(apiKey))},"options":{"min_id_length":${formOf(options).minIdLength}},"events":`,
    after: "}"
  }
})
