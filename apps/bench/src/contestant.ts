import type { Contestants } from "./Contest.ts"

const [file, name] = process.argv.slice(2)
const { contestants } = (await import(file!)) as { readonly contestants: Contestants }
const contestant = contestants[name!]!()

process.on("message", (message) => {
  const work = message === "sample" ? contestant.sample() : contestant.warmUp()
  void work.then((sample) => process.send!(sample ?? {}))
})
process.send!(await contestant.result())
