import { spawnSync } from "node:child_process"
import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"

/** Mounts a small file system in memory. Returns why it cannot, if so. */
export const mount = (folder: string, megabytes: number): string | undefined => {
  if (process.getuid?.() !== 0) return "only root can mount a small file system"
  const { error, status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], {
    encoding: "utf8"
  })
  return status === 0 ? undefined : `cannot mount a small file system: ${error?.message ?? stderr.trim()}`
}

export const unmount = (folder: string): void => void spawnSync("umount", ["-l", folder])

const fillerOf = (folder: string): string => join(folder, "filler")

/** Writes a file until the disk is full, but for some bytes. */
export const fill = (folder: string, rest = 0): void => {
  const file = openSync(fillerOf(folder), "a")
  for (let size = 1_048_576; size >= 1;) {
    try {
      writeSync(file, Buffer.alloc(size))
    } catch {
      size = Math.floor(size / 4)
    }
  }
  ftruncateSync(file, Math.max(0, fstatSync(file).size - rest))
  closeSync(file)
}

export const free = (folder: string): void => rmSync(fillerOf(folder), { force: true })
