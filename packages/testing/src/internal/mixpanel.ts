import { STATUS_CODES } from "node:http"
import type { Message } from "../Fault.ts"
import type * as Mixpanel from "../MixpanelServer.ts"
import * as imports from "./mixpanelImport.ts"
import * as profile from "./mixpanelProfile.ts"
import { basic, isRecord, json, mediaType, parse } from "./vendor.ts"
import type { Answer, Call, Exchange, Vendor } from "./vendor.ts"

export interface Store {
  readonly raw: Array<Mixpanel.Event>
  readonly updates: Array<Message>
  readonly rejected: Array<Mixpanel.Rejected>
  readonly profiles: profile.Profiles
  readonly groups: Map<string, profile.Profiles>
}

export interface Credentials {
  readonly token: string
  readonly serviceAccount: Mixpanel.ServiceAccount
}

const unparsed: imports.Failure = { field: "", message: "must be properly formatted JSON" }
const onPurpose: imports.Failure = { field: "", message: "refused by the test" }

/** The records that are taken, and those that are not, in the shape of the documented answer. */
const sift = (
  records: ReadonlyArray<unknown>,
  validate: (record: unknown) => imports.Failure | undefined,
  refuses: (record: Message) => boolean
) => {
  const valid: Array<Message> = []
  const failed: Array<imports.Failure & { readonly index: number; readonly record: unknown }> = []
  for (const [index, record] of records.entries()) {
    const broken = validate(record) ?? (refuses(record as Message) ? onPurpose : undefined)
    if (broken === undefined) valid.push(record as Message)
    else failed.push({ ...broken, index, record })
  }
  return { valid, failed }
}

const errors: Readonly<Record<number, string>> = {
  400: "some data points in the request failed validation",
  401: "Invalid credentials",
  413: `request exceeds max limit of ${imports.bodyBytes} bytes`,
  429: "Project exceeded rate limits. Please retry the request with exponential backoff."
}

/** The documents call 413 by the name that Go has for it. */
const nameOf = (code: number): string =>
  code === 413 ? "Request Entity Too Large" : (STATUS_CODES[code] ?? String(code))

const refusal = (code: number, error = errors[code] ?? nameOf(code)): Answer =>
  json(code, { code, error, status: nameOf(code) })

const profileRefusal = (code: number, error = errors[code] ?? nameOf(code)): Answer =>
  json(code, { error, status: "error" })

const isProfilePath = (path: string): boolean => path === "/engage" || path === "/groups"

const profileAnswer = (exchange: Exchange, error: string | null): Answer => {
  const status = error === null ? 1 : 0
  return exchange.query["verbose"] === "1"
    ? json(200, { status, error })
    : { status: 200, headers: { "content-type": "text/plain" }, body: String(status) }
}

export const vendor = (store: Store, credentials: Credentials): Vendor => ({
  refusal: (status, { path }) => (isProfilePath(path) ? profileRefusal(status) : refusal(status)),
  denial: (exchange) =>
    isProfilePath(exchange.path)
      ? profileAnswer(exchange, "no valid data")
      : json(200, { code: 400, error: errors[400], num_records_imported: 0, status: nameOf(400) }),
  clear: () => {
    for (const list of [store.raw, store.updates, store.rejected]) list.length = 0
    store.profiles.clear()
    store.groups.clear()
  },
  read: (exchange) => {
    if (exchange.method !== "POST" && (exchange.path === "/import" || isProfilePath(exchange.path))) return refusal(405)
    switch (exchange.path) {
      case "/import":
        return readImport(store, credentials, exchange)
      case "/engage":
        return readUpdates(store, credentials, exchange, "engage")
      case "/groups":
        return readUpdates(store, credentials, exchange, "groups")
      default:
        return refusal(404)
    }
  }
})

const isAuthorized = ({ serviceAccount, token }: Credentials, exchange: Exchange): boolean => {
  const [user, password] = basic(exchange) ?? []
  const project = exchange.query["project_id"]
  return project === undefined
    ? user === token && password === ""
    : user === serviceAccount.username && password === serviceAccount.secret && project === serviceAccount.projectId
}

const recordsOf = (exchange: Exchange): ReadonlyArray<unknown> | undefined => {
  if (exchange.text === undefined) return undefined
  switch (mediaType(exchange)) {
    case "application/json": {
      const body = parse(exchange.text)
      return Array.isArray(body) ? body : undefined
    }
    case "application/x-ndjson":
      return exchange.text
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map(parse)
    default:
      return undefined
  }
}

const readImport = (store: Store, credentials: Credentials, exchange: Exchange): Call | Answer => {
  if (!isAuthorized(credentials, exchange)) return refusal(401)
  if (exchange.query["strict"] !== "1") return refusal(400, "strict is not 1, and what comes then is not documented")
  if (exchange.size > imports.bodyBytes) return refusal(413)
  const records = recordsOf(exchange)
  if (records === undefined || records.length === 0) return refusal(400, "the body is no list of events")
  if (records.length > imports.requestRecords) return refusal(413, `more than ${imports.requestRecords} events`)
  const validate = (record: unknown) => (record === undefined ? unparsed : imports.validate(record, exchange.now))
  return {
    messages: records.filter(isRecord),
    commit: (refuses) => {
      const { failed, valid } = sift(records, validate, refuses)
      for (const event of valid) store.raw.push(imports.ingest(event, exchange.now) as Mixpanel.Event)
      store.rejected.push(...failed.map(({ field, message, record }) => ({ record, field, message })))
      return failed.length === 0
        ? json(200, { code: 200, num_records_imported: valid.length, status: "OK" })
        : partlyRefused(valid.length, failed.map(failedEvent))
    }
  }
}

const partlyRefused = (imported: number, failed_records: ReadonlyArray<unknown>): Answer =>
  json(400, {
    code: 400,
    error: errors[400],
    failed_records,
    num_records_imported: imported,
    status: nameOf(400)
  })

const failedEvent = (failed: imports.Failure & { readonly index: number; readonly record: any }) => ({
  index: failed.index,
  insert_id: String(failed.record?.properties?.$insert_id ?? ""),
  field: failed.field,
  message: failed.message
})

const updatesOf = (exchange: Exchange): ReadonlyArray<unknown> | undefined => {
  // One page rules compression out and the others are silent, so no body that came compressed is read.
  if (exchange.text === undefined || "content-encoding" in exchange.headers) return undefined
  const form = mediaType(exchange) === "application/x-www-form-urlencoded"
  const body = parse(form ? (new URLSearchParams(exchange.text).get("data") ?? "") : exchange.text)
  return Array.isArray(body) ? body : isRecord(body) ? [body] : undefined
}

const readUpdates = (
  store: Store,
  { token }: Credentials,
  exchange: Exchange,
  endpoint: profile.Endpoint
): Call | Answer => {
  const records = updatesOf(exchange)
  if (records === undefined) return profileAnswer(exchange, "the body is no list of updates")
  if (records.length > imports.requestRecords) {
    return profileAnswer(exchange, `more than ${imports.requestRecords} updates`)
  }
  return {
    messages: records.filter(isRecord),
    commit: (refuses) => {
      const { failed, valid } = sift(records, (record) => profile.validate(endpoint, record), refuses)
      for (const update of valid) if (update["$token"] === token) keep(store, endpoint, update)
      store.rejected.push(...failed.map(({ field, message, record }) => ({ record, field, message })))
      if (failed.length > 0 && exchange.query["strict"] === "1") {
        return partlyRefused(
          valid.length,
          failed.map(({ field, index, message }) => ({ index, field, message }))
        )
      }
      return profileAnswer(exchange, valid.length > 0 ? null : (failed[0]?.message ?? "no data"))
    }
  }
}

const keep = (store: Store, endpoint: profile.Endpoint, update: Message): void => {
  store.updates.push(update)
  if (endpoint === "engage") return profile.apply(store.profiles, String(update["$distinct_id"]), update)
  const kind = String(update["$group_key"])
  const groups: profile.Profiles = store.groups.get(kind) ?? new Map()
  store.groups.set(kind, groups)
  profile.apply(groups, String(update["$group_id"]), update)
}

/** Of events that are one, the latest, in the place of the first. */
export const deduplicated = (raw: ReadonlyArray<Mixpanel.Event>): ReadonlyArray<Mixpanel.Event> => [
  ...new Map(raw.map((event) => [imports.identity(event), event])).values()
]
