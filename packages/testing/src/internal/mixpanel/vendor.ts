import { STATUS_CODES } from "node:http"
import type { Message } from "../../Fault.ts"
import { basic, json } from "../../VendorServer.ts"
import type { Answer, Batch, Request, Vendor } from "../../VendorServer.ts"
import { isRecord } from "../server/json.ts"
import * as imports from "./import.ts"
import type { Credentials, Event, Store } from "./model.ts"
import * as profile from "./profile.ts"
import { batchOf, recordsOf } from "./records.ts"

const unparsed: imports.Failure = { field: "", message: "must be properly formatted JSON" }
const onPurpose: imports.Failure = { field: "", message: "refused by the test" }

/** The accepted and the refused records, in the shape of the documented response. */
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

/** The documentation uses Go's name for 413. */
const nameOf = (code: number): string =>
  code === 413 ? "Request Entity Too Large" : (STATUS_CODES[code] ?? String(code))

const refusal = (code: number, error = errors[code] ?? nameOf(code)): Answer =>
  json(code, { code, error, status: nameOf(code) })

const clientRefusal = (code: number, error = errors[code] ?? nameOf(code)): Answer =>
  json(code, { error, status: "error" })

/** The paths that respond with 1 or 0: Mixpanel's own clients post to these. */
const isClientPath = (path: string): boolean => path === "/track" || path === "/engage" || path === "/groups"

const clientAnswer = (request: Request, error: string | null): Answer => {
  const status = error === null ? 1 : 0
  return request.query["verbose"] === "1"
    ? json(200, { status, error })
    : { status: 200, headers: { "content-type": "text/plain" }, body: String(status) }
}

export const vendor = (store: Store, credentials: Credentials): Vendor => ({
  refusal: (status, { path }) => (isClientPath(path) ? clientRefusal(status) : refusal(status)),
  denial: (request) =>
    isClientPath(request.path)
      ? clientAnswer(request, "no valid data")
      : json(200, { code: 400, error: errors[400], num_records_imported: 0, status: nameOf(400) }),
  clear: () => {
    for (const list of [store.raw, store.updates, store.rejected]) list.length = 0
    store.profiles.clear()
    store.groups.clear()
  },
  read: (request) => {
    if (request.method !== "POST" && request.method !== "GET") return refusal(405)
    switch (request.path) {
      case "/import":
        return readImport(store, credentials, request)
      case "/track":
        return readTracked(store, credentials, request)
      case "/engage":
        return readUpdates(store, credentials, request, "engage")
      case "/groups":
        return readUpdates(store, credentials, request, "groups")
      default:
        return refusal(404)
    }
  }
})

const isAuthorized = ({ secret, serviceAccount, token }: Credentials, request: Request): boolean => {
  const [user, password] = basic(request) ?? []
  const { api_key: key, project_id: project } = request.query
  if (project === undefined) return (password === "" && (user === token || user === secret)) || key === secret
  return user === serviceAccount.username && password === serviceAccount.secret && project === serviceAccount.projectId
}

const readImport = (store: Store, credentials: Credentials, request: Request): Batch | Answer => {
  if (!isAuthorized(credentials, request)) return refusal(401)
  if (request.size > imports.bodyBytes) return refusal(413)
  const isStrict = request.query["strict"] === "1"
  const records = isStrict ? batchOf(request) : recordsOf(request)
  if (records === undefined || records.length === 0) return refusal(400, "the body is not a list of events")
  if (records.length > imports.requestRecords) return refusal(413, `more than ${imports.requestRecords} events`)
  const validate = (record: unknown) => (record === undefined ? unparsed : imports.validate(record, request.at))
  return {
    messages: records.filter(isRecord),
    commit: (refuses) => {
      const { failed, valid } = sift(records, validate, refuses)
      for (const event of valid) store.raw.push(imports.ingest(event, request.at) as Event)
      store.rejected.push(...failed.map(({ field, message, record }) => ({ record, field, message })))
      if (!isStrict) return clientAnswer(request, valid.length > 0 ? null : failed[0]!.message)
      return failed.length === 0
        ? json(200, { code: 200, num_records_imported: valid.length, status: "OK" })
        : partlyRefused(valid.length, failed.map(failedEvent))
    }
  }
}

/** Events from Mixpanel's own clients. Mixpanel accepts events with another token, and loses them. */
const readTracked = (store: Store, { token }: Credentials, request: Request): Batch | Answer => {
  const records = recordsOf(request)
  if (records === undefined || records.length === 0) return clientAnswer(request, "no data")
  if (records.length > imports.requestRecords) {
    return clientAnswer(request, `more than ${imports.requestRecords} events`)
  }
  return {
    messages: records.filter(isRecord),
    commit: (refuses) => {
      const { failed, valid } = sift(records, (record) => imports.validateTracked(record, request.at), refuses)
      for (const event of valid) {
        if (event["properties"].token === token) store.raw.push(imports.ingest(event, request.at, "127.0.0.1") as Event)
      }
      store.rejected.push(...failed.map(({ field, message, record }) => ({ record, field, message })))
      return clientAnswer(request, valid.length > 0 ? null : failed[0]!.message)
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

const readUpdates = (
  store: Store,
  { token }: Credentials,
  request: Request,
  endpoint: profile.Endpoint
): Batch | Answer => {
  // One page rules out compression and the others are silent, so the server reads no compressed body.
  const records = "content-encoding" in request.headers ? undefined : recordsOf(request)
  if (records === undefined) return clientAnswer(request, "the body is not a list of updates")
  if (records.length > imports.requestRecords) {
    return clientAnswer(request, `more than ${imports.requestRecords} updates`)
  }
  return {
    messages: records.filter(isRecord),
    commit: (refuses) => {
      const { failed, valid } = sift(records, (record) => profile.validate(endpoint, record), refuses)
      for (const update of valid) if (update["$token"] === token) keep(store, endpoint, update)
      store.rejected.push(...failed.map(({ field, message, record }) => ({ record, field, message })))
      if (failed.length > 0 && request.query["strict"] === "1") {
        return partlyRefused(
          valid.length,
          failed.map(({ field, index, message }) => ({ index, field, message }))
        )
      }
      return clientAnswer(request, valid.length > 0 ? null : (failed[0]?.message ?? "no data"))
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

/** The latest of each set of duplicates, in the place of the first. */
export const deduplicated = (raw: ReadonlyArray<Event>): ReadonlyArray<Event> => [
  ...new Map(raw.map((event) => [imports.identity(event), event])).values()
]
