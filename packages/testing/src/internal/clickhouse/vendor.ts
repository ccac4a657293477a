import { type Answer, basic, type Vendor } from "../../VendorServer.ts"
import { Exception, type Row, type Table } from "./model.ts"
import { type Databases, run } from "./statements.ts"

/** ClickHouse's status of an exception (`exceptionCodeToHTTPStatus`). All others have 500. */
const statuses: Readonly<Record<number, number>> = {
  27: 400,
  41: 400,
  50: 404,
  60: 404,
  62: 400,
  81: 404,
  117: 400,
  194: 401,
  209: 503,
  516: 403
}

/** The exception that a status stands for. A proxy in front of ClickHouse answers with other statuses. */
const codes: Readonly<Record<number, number>> = { 400: 27, 401: 194, 403: 516, 404: 60, 500: 241, 503: 209 }

const exception = (code: number, text: string, status = statuses[code] ?? 500): Answer => ({
  status,
  headers: { "content-type": "text/plain; charset=UTF-8", "x-clickhouse-exception-code": String(code) },
  body: `Code: ${code}. DB::Exception: ${text}. (version 26.7.2.1 (official build))\n`
})

const answer = (body: string): Answer => ({
  status: 200,
  headers: { "content-type": "text/plain; charset=UTF-8", "x-clickhouse-summary": "{}" },
  body
})

/** An exception after the response has begun: with 200, and behind the rows. */
const late = (): Answer => {
  const { body } = exception(27, "Cannot parse input")
  return answer(
    `\r\n__exception__\r\ndngjzjnxkvlwkeua\r\n${body}${Buffer.byteLength(body)} dngjzjnxkvlwkeua\r\n__exception__\r\n`
  )
}

const read =
  (databases: Databases, user: string, password: string): Vendor["read"] =>
  (request) => {
    const [name, secret] = basic(request) ?? ["default", ""]
    if (name !== user || secret !== password) return exception(516, `${name}: Authentication failed`)
    try {
      const done = run(databases, request.text, request.query)
      if (typeof done === "string") return answer(done)
      return {
        messages: done.rows,
        commit: () => {
          done.commit()
          return answer("")
        }
      }
    } catch (error) {
      if (error instanceof Exception) return exception(error.code, error.message)
      throw error
    }
  }

export const vendor = (databases: Databases, user: string, password: string): Vendor => ({
  read: read(databases, user, password),
  refusal: (status) => {
    const code = codes[status]
    return code === undefined ? { status, body: "<html></html>" } : exception(code, "as the test wants it", status)
  },
  denial: late,
  clear: () => {
    for (const tables of databases.values()) for (const { rows } of tables.values()) rows.length = 0
  }
})

/** The rows as `FINAL` shows them: of those that agree in what the table is sorted by, the last. */
export const final = ({ rows, sortedBy }: Table): ReadonlyArray<Row> => [
  ...new Map(rows.map((row) => [JSON.stringify(sortedBy.map((name) => row[name])), row])).values()
]
