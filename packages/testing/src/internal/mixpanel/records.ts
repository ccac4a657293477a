import { mediaType } from "../../VendorServer.ts"
import type { Request } from "../../VendorServer.ts"
import { isRecord, parse } from "../server/json.ts"

/** JSON, or JSON in Base64. A plus that was not encoded in a form arrives as a space. */
const decoded = (data: string): unknown =>
  parse(data) ?? parse(Buffer.from(data.replaceAll(" ", "+"), "base64").toString())

const lines = (text: string): ReadonlyArray<unknown> =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(parse)

/** The records in `data` of a query or of a form, or in the body. A single record may stand alone. */
const valueOf = (request: Request): unknown => {
  if (request.method === "GET") return decoded(request.query["data"] ?? "")
  switch (mediaType(request)) {
    case "application/x-www-form-urlencoded":
      return decoded(new URLSearchParams(request.text).get("data") ?? "")
    case "application/x-ndjson":
      return lines(request.text)
    default:
      return request.body
  }
}

/** The records of a request, or undefined if it has none. */
export const recordsOf = (request: Request): ReadonlyArray<unknown> | undefined => {
  const value = valueOf(request)
  return Array.isArray(value) ? value : isRecord(value) ? [value] : undefined
}

/** The records of a request to the server API: a JSON array, or lines of JSON. */
export const batchOf = (request: Request): ReadonlyArray<unknown> | undefined => {
  if (request.method !== "POST") return undefined
  const type = mediaType(request)
  if (type === "application/x-ndjson") return lines(request.text)
  return type === "application/json" && Array.isArray(request.body) ? request.body : undefined
}
