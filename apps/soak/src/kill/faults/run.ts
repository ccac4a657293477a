/** Runs scenarios, several at the same time, since most of them wait. */
import { chownSync, mkdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { PostgresUnavailable } from "../../../../../compat/src/postgres/server.ts"
import * as changes from "../changes.ts"
import * as laws from "../laws.ts"
import { Spares } from "../processes.ts"
import * as vendors from "../vendors.ts"
import { Cluster, copy, initialise } from "./cluster.ts"
import type { Fault } from "./fault.ts"
import { type Kind, Scene } from "./scene.ts"
import { mount, unmount } from "./small.ts"

export interface Options {
  readonly faults: ReadonlyArray<Fault>
  readonly kinds: ReadonlyArray<Kind>
  /** The bundled program of the processes. */
  readonly program: string
  readonly folder: string
  readonly seed: number
  readonly write: (line: string) => void
}

/** How many scenarios run at the same time. */
const together = 3

const number = (value: number): string => value.toLocaleString("en-US")

class Skipped extends Error {}

/** What the vendors have, against what was committed. */
const counts = async (scene: Scene): Promise<{ readonly lines: ReadonlyArray<string>; readonly isBroken: boolean }> => {
  const committed = await scene.changes()
  const missing = await scene.missing(committed)
  const lines = [`${number(committed.size)} committed, ${number(missing.length)} missing`]
  let isBroken = missing.length > 0 || (scene.once && (await scene.isAgain()))
  for (const [vendor, arrived] of Object.entries(await scene.vendors.arrived())) {
    const ids = new Set(arrived.map(({ id }) => id))
    const again = arrived.length - ids.size
    const phantom = [...ids].filter((id) => !committed.has(id) && !scene.lost.has(id) && !scene.erased.has(id))
    const lost = [...ids].filter((id) => scene.lost.has(id)).length
    lines.push(
      `${vendor}: ${number(ids.size)} delivered, ${number(again)} again, ${number(phantom.length)} phantom${lost === 0 ? "" : `, ${number(lost)} of changes that the copy lacks`}`
    )
    isBroken ||= phantom.length > 0
  }
  return { lines, isBroken }
}

export const run = async ({ faults, folder, kinds, program, seed, write }: Options): Promise<boolean> => {
  const spares = new Spares(program)
  const template = join(folder, "template")
  let initialised: Promise<void> | undefined

  const play = async (fault: Fault, kind: Kind, own: string): Promise<ReadonlyArray<string>> => {
    const size = fault.small?.[kind]
    const small = join(own, "small")
    mkdirSync(small)
    const why = size === undefined ? undefined : mount(small, size)
    if (why !== undefined) throw new Skipped(why)
    let cluster: Cluster | undefined
    if (kind === "postgres") {
      await (initialised ??= initialise(template))
      if (fault.tablespace === true) chownSync(small, statSync(template).uid, statSync(template).gid)
      const data = join(fault.tablespace === true ? own : small, "data")
      copy(template, data)
      cluster = await Cluster.open(data, fault.settings)
    }
    const servers = await vendors.open()
    const scene = new Scene({ kind, folder: own, small, template, program, seed, spares, vendors: servers, cluster })
    try {
      if (fault.bare !== true) await scene.run(changes.prepare)
      await fault.run(scene)
      await scene.quiet()
      await scene.settled()
      await scene.emptied()
      const { isBroken, lines } = await counts(scene)
      laws.counted(new Set([...(await scene.changes()), ...scene.lost, ...scene.erased]), await servers.arrived())
      const notes = [...scene.notes].map(([what, count]) => `${number(count)} × ${what}`)
      if (isBroken) throw new laws.Broken([...lines, ...notes].join("; "))
      return [...lines, ...notes]
    } catch (error) {
      const logged = [...scene.lines].map(([line, count]) => `${number(count)} × ${line}`)
      throw new Error([String(error), ...logged, ...(cluster?.said.slice(-12) ?? [])].join("\n    "), { cause: error })
    } finally {
      await scene.close()
      await servers.close()
      await cluster?.end("immediate")
    }
  }

  const all = faults.flatMap((fault) =>
    fault.databases.filter((kind) => kinds.includes(kind)).map((kind) => ({ fault, kind }))
  )
  let holds = true
  const one = async ({ fault, kind }: (typeof all)[number]): Promise<void> => {
    const began = performance.now()
    const own = join(folder, `${fault.name}-${kind}`)
    mkdirSync(own)
    const title = `${fault.name} on ${kind}: ${fault.about}`
    try {
      const lines = await play(fault, kind, own)
      write([title, ...lines, `${((performance.now() - began) / 1_000).toFixed(1)} s`].join("\n    "))
    } catch (error) {
      if (error instanceof PostgresUnavailable || error instanceof Skipped) {
        write(`${title}\n    skipped: ${error.message}`)
        return
      }
      holds = false
      write(`${title}\n    BROKEN: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      if (fault.small?.[kind] !== undefined) unmount(join(own, "small"))
      rmSync(own, { recursive: true, force: true })
    }
  }
  const waiting = [...all]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await one(next)
  }
  await Promise.all(Array.from({ length: together }, worker))
  await spares.end()
  return holds
}
