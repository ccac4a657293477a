import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter
} from "vscode-jsonrpc/node"

const tsc = join(import.meta.dirname, "../../../node_modules/typescript/bin/tsc")
const path = join(import.meta.dirname, "fixtures/editor.ts")
const uri = pathToFileURL(path).href
const text = readFileSync(path, "utf8")

interface Diagnostic {
  readonly message: string
  readonly range: { readonly start: { readonly line: number } }
  readonly relatedInformation?: ReadonlyArray<{ readonly message: string }>
}

/** The line and column of some text of the fixture. */
const positionOf = (fragment: string): { readonly line: number; readonly character: number } => {
  const before = text.slice(0, text.indexOf(fragment)).split("\n")
  return { line: before.length - 1, character: before.at(-1)!.length }
}

describe("in an editor", () => {
  const server = spawn(process.execPath, [tsc, "--lsp", "--stdio"], { stdio: ["pipe", "pipe", "ignore"] })
  let connection: MessageConnection

  beforeAll(async () => {
    connection = createMessageConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin))
    connection.onRequest("client/registerCapability", () => null)
    connection.onRequest("workspace/configuration", () => [null])
    connection.listen()
    await connection.sendRequest("initialize", { processId: process.pid, rootUri: null, capabilities: {} })
    await connection.sendNotification("initialized", {})
    await connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "typescript", version: 1, text }
    })
  })
  afterAll(() => {
    connection.dispose()
    server.kill()
  })

  const hover = async (fragment: string): Promise<string> => {
    const answer = await connection.sendRequest<{ readonly contents: { readonly value: string } }>(
      "textDocument/hover",
      {
        textDocument: { uri },
        position: positionOf(fragment)
      }
    )
    return answer.contents.value
  }
  const problemAt = async (fragment: string): Promise<string> => {
    const { items } = await connection.sendRequest<{ readonly items: ReadonlyArray<Diagnostic> }>(
      "textDocument/diagnostic",
      {
        textDocument: { uri }
      }
    )
    const { line } = positionOf(fragment)
    return items
      .filter(({ range }) => range.start.line === line)
      .map(({ message }) => message)
      .join("\n")
  }

  it("hovering a tracked value shows plain keys", async () => {
    assert.strictEqual(
      (await hover("tracked ")).replaceAll(/\s+/g, " "),
      "const tracked: { readonly Manufacturer_id?: number; readonly Manufacturer_name?: string; readonly OrderLine_id: number; readonly OrderLine_qty: number; readonly Product_id: number; readonly Product_price: number; }"
    )
  })

  it("a row that lacks a field is refused with that field's name", async () => {
    assert.match(await problemAt("lacking ="), /Property 'product' is missing in type '{ id: number; qty: number; }'/)
  })

  it("a resolver of the wrong kind of row is refused with the fields that do not fit and who needs them", async () => {
    assert.match(
      await problemAt("wrongRows ="),
      /"the rows of this resolver have no fitting \\"name\\", which Manufacturer needs"/
    )
  })

  it("an omission of a relation that is not there is refused by its name", async () => {
    assert.match(await problemAt("omitted ="), /OrderLine has no relation \\"produkt\\"/)
  })

  it("a valuation without Effect is refused where the resolvers need one", async () => {
    assert.match(await problemAt("effectful ="), /OrderLine has resolvers that need an Effect: use Entity\.values/)
  })

  it("an aggregate of an attribute that is no number is refused by its name", async () => {
    assert.match(await problemAt("aggregated ="), /"name".*is not assignable to .*"id"/s)
  })

  it("attributes of a Standard Schema are plain keys too, typed as what it puts out", async () => {
    assert.strictEqual(
      (await hover("parcel ")).replaceAll(/\s+/g, " "),
      "const parcel: { readonly Parcel_id: number; readonly Parcel_note?: string; readonly Parcel_sentAt: string; }"
    )
  })

  it("a row that lacks the field of a Standard Schema is refused with that field's name", async () => {
    assert.match(await problemAt("unsent ="), /Property 'sentAt' is missing in type '{ id: number; }'/)
  })

  it("a Standard Schema that puts out no JSON is refused where it is given, with what to do", async () => {
    assert.match(
      await problemAt("dated ="),
      /'ZodDate'.*"the output of this schema is no JSON: transform it to a string, a number or other JSON"/s
    )
  })

  it("a key that is no attribute is refused with those there are", async () => {
    assert.match(await problemAt("unkeyed ="), /Type '"uuid"' is not assignable to type '"id"'/)
  })
})
