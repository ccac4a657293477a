import { ClickHouse } from "@trackmap/clickhouse"
import { Console } from "@trackmap/console"
import { Redacted } from "@trackmap/node"

const url = process.env["CLICKHOUSE_URL"]
const user = process.env["CLICKHOUSE_USER"] ?? "default"
const password = Redacted.make(process.env["CLICKHOUSE_PASSWORD"] ?? "")

/** ClickHouse if CLICKHOUSE_URL is set, otherwise this terminal. */
export const sink = url === undefined ? Console.sink() : ClickHouse.sink({ url, user, password })
