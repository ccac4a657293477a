/** Says at the end of a process what it took: milliseconds of the processor, and the most megabytes of memory. */
import { writeFileSync } from "node:fs"

process.on("exit", () => {
  const { maxRSS, systemCPUTime, userCPUTime } = process.resourceUsage()
  const used = { cpu: (userCPUTime + systemCPUTime) / 1_000, megabytes: maxRSS / 1_024 }
  writeFileSync(process.env["USAGE"]!, JSON.stringify(used))
})
