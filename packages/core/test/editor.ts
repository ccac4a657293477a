/** What an editor shows of a file: asked of the language server that editors ask. */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node"

const tsc = join(import.meta.dirname, "../../../node_modules/typescript/bin/tsc")

interface Diagnostic {
  readonly message: string
  readonly range: { readonly start: { readonly line: number } }
}

export interface Editor {
  /** What hovering some text of the file shows. */
  readonly hover: (fragment: string) => Promise<string>
  /** What is wrong in the line of some text of the file. */
  readonly problemAt: (fragment: string) => Promise<string>
  readonly close: () => void
}

export const open = async (path: string): Promise<Editor> => {
  const uri = pathToFileURL(path).href
  const text = readFileSync(path, "utf8")
  const positionOf = (fragment: string): { readonly line: number; readonly character: number } => {
    const before = text.slice(0, text.indexOf(fragment)).split("\n")
    return { line: before.length - 1, character: before.at(-1)!.length }
  }
  const server = spawn(process.execPath, [tsc, "--lsp", "--stdio"], { stdio: ["pipe", "pipe", "ignore"] })
  const connection = createMessageConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin)
  )
  connection.onRequest("client/registerCapability", () => null)
  connection.onRequest("workspace/configuration", () => [null])
  connection.listen()
  await connection.sendRequest("initialize", { processId: process.pid, rootUri: null, capabilities: {} })
  await connection.sendNotification("initialized", {})
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "typescript", version: 1, text }
  })
  return {
    hover: async (fragment) => {
      const answer = await connection.sendRequest<{ readonly contents: { readonly value: string } }>(
        "textDocument/hover",
        { textDocument: { uri }, position: positionOf(fragment) }
      )
      return answer.contents.value
    },
    problemAt: async (fragment) => {
      const { items } = await connection.sendRequest<{ readonly items: ReadonlyArray<Diagnostic> }>(
        "textDocument/diagnostic",
        { textDocument: { uri } }
      )
      const { line } = positionOf(fragment)
      return items
        .filter(({ range }) => range.start.line === line)
        .map(({ message }) => message)
        .join("\n")
    },
    close: () => {
      connection.dispose()
      server.kill()
    }
  }
}
