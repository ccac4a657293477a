/** Prints each step of a fresh service. Ends with 1 if they take a minute or more, besides the installation. */
import { fresh, secondsOf } from "./fresh.ts"

const steps = await fresh(({ code, command, printed, seconds }) => {
  const ended = code === 0 ? "" : `, code ${code}`
  process.stdout.write(`$ ${command}   # ${seconds.toFixed(1)} s${ended}\n${printed === "" ? "" : `${printed}\n`}\n`)
})
const seconds = secondsOf(steps)
process.stdout.write(`${seconds.toFixed(1)} s besides the installation\n`)
process.exitCode = seconds < 60 ? 0 : 1
