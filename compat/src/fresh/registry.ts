/** The packages of this repository, as npm would have them once they are published. */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { globSync, readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { basename, join } from "node:path"

const root = join(import.meta.dirname, "../../..")

interface Packed {
  readonly manifest: { readonly name: string; readonly version: string }
  readonly tarball: Buffer
}

/** Packs every package into a folder. */
const packed = (folder: string): ReadonlyMap<string, Packed> => {
  const packages = globSync("packages/*/package.json", { cwd: root }).map((file): Packed["manifest"] =>
    JSON.parse(readFileSync(join(root, file), "utf8"))
  )
  const workspaces = packages.flatMap(({ name }) => ["-w", name])
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder, ...workspaces], { cwd: root, stdio: "pipe" })
  return new Map(
    packages.map((manifest) => {
      const file = `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`
      return [manifest.name, { manifest, tarball: readFileSync(join(folder, file)) }]
    })
  )
}

export interface Registry {
  /** The lines of an `.npmrc` by which a project finds these packages here, and all others where it does anyway. */
  readonly npmrc: string
  readonly close: () => void
}

/** Serves the packages, packed into a folder, to package managers on this machine. */
export const registry = async (folder: string): Promise<Registry> => {
  const packages = packed(folder)
  const server = createServer((request, response) => {
    const [, scope, name, file] = decodeURIComponent(request.url!).split("/")
    const found = packages.get(`${scope}/${name}`)
    if (found === undefined) return void response.writeHead(404).end("{}")
    const { manifest, tarball } = found
    if (file !== undefined) return void response.end(tarball)
    const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`
    const dist = { tarball: `${url}/${scope}/${name}/${basename(name!)}.tgz`, integrity }
    response.setHeader("content-type", "application/json").end(
      JSON.stringify({
        name: manifest.name,
        "dist-tags": { latest: manifest.version },
        versions: { [manifest.version]: { ...manifest, dist } }
      })
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { npmrc: `@trackmap:registry=${url}/\n`, close: () => void server.close() }
}
