import * as Console from "effect/Console"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { line, isSelected, Showing } from "../tail/shown.ts"
import { summaries } from "../tail/stream.ts"
import { UsageError } from "./ended.ts"
import { json } from "./flags.ts"

const names = (flag: string, what: string) => Flag.String(flag).pipe(Flag.withDescription(what), Flag.atLeast(0))

/** The token stays out of the list of processes. */
const token = Config.option(Config.Redacted("TRACKMAP_INSPECTOR_TOKEN"))

const onLost = (reason: string) => Console.error(`trackmap: ${reason}, trying again`)

export const tail = Command.make(
  "tail",
  {
    url: Argument.String("url").pipe(Argument.withDescription("The address of the inspector's page")),
    event: names("event", "Events with this name"),
    entity: names("entity", "Events with keys of this entity"),
    sink: names("sink", "Events for this sink"),
    state: names("state", "Events with this state in a sink, such as rejected"),
    search: Flag.String("search").pipe(Flag.withDescription("Events with this text"), Flag.optional),
    limit: Flag.Int("limit").pipe(Flag.withDescription("Ends after so many events"), Flag.optional),
    json
  },
  Effect.fn(function* (given) {
    if (!/^https?:\/\//.test(given.url) || !URL.canParse(given.url)) {
      const reason = `${given.url} is not an address`
      return yield* new UsageError({ reason, remedy: "pass the inspector's, such as http://localhost:3000/inspector" })
    }
    const selection = {
      events: given.event,
      entities: given.entity,
      sinks: given.sink,
      states: given.state,
      search: Option.getOrUndefined(given.search)
    }
    const showing = new Showing()
    yield* summaries(given.url, { token: Option.getOrUndefined(yield* token), onLost }).pipe(
      Stream.filter((summary) => isSelected(summary, selection) && showing.isNew(summary)),
      Stream.take(Option.getOrElse(given.limit, () => Number.POSITIVE_INFINITY)),
      Stream.runForEach((summary) => Console.log(given.json ? JSON.stringify(summary) : line(summary))),
      Effect.provide(FetchHttpClient.layer)
    )
  })
).pipe(Command.withDescription("Prints the events of a running service, from its inspector"))
