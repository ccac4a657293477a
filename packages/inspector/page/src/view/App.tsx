/** The page's layout. */
import type { Ref } from "preact"
import { useLayoutEffect, useRef } from "preact/hooks"
import { listen } from "../keyboard.ts"
import { opened } from "../opened.ts"
import { count } from "../format.ts"
import { connectionState, hello, outboxState } from "../state.ts"
import { room } from "../viewport.ts"
import { list } from "./EventList.tsx"
import { EventPane } from "./EventPane.tsx"
import { Explore } from "./explore/Explore.tsx"
import { Health } from "./Health.tsx"
import { Help } from "./Help.tsx"
import { ListPane } from "./ListPane.tsx"
import { Outbox } from "./Outbox.tsx"
import { Plan } from "./Plan.tsx"
import { type Tab, tab } from "../tab.ts"
import { Tabs } from "./Tabs.tsx"
import { TokenForm } from "./TokenForm.tsx"
import { Announcement, Top } from "./Top.tsx"

const PlanAndHealth = () => (
  <>
    {hello.value?.outbox !== undefined && (
      <section aria-labelledby="outbox-heading">
        <h2 id="outbox-heading">Outbox</h2>
        <Outbox />
      </section>
    )}
    <section aria-labelledby="health-heading">
      <h2 id="health-heading">Health</h2>
      <Health />
    </section>
    <section aria-labelledby="plan-heading">
      <h2 id="plan-heading">Plan</h2>
      <Plan />
    </section>
  </>
)

const titles = { explore: "Explore", plan: "Plan", health: "Health", outbox: "Outbox" } as const

/** The titles of the tabs. That of the outbox has the number of its dead letters. */
const tabs = (events: string): Readonly<Partial<Record<Tab, string>>> => {
  const { explore, plan, health, outbox } = titles
  const first = { events, ...(hasWarehouse() && { explore }), plan, health }
  if (hello.value?.outbox === undefined) return first
  const dead = outboxState.value?.sinks.reduce((sum, sink) => sum + sink.dead, 0) ?? 0
  return { ...first, outbox: dead === 0 ? outbox : `${outbox} (${count(dead)})` }
}

const hasWarehouse = (): boolean => hello.value?.warehouse !== undefined

const Beside = () => {
  const now = tab.value
  if (now === "events" || (now === "explore" && !hasWarehouse())) return <EventPane />
  return (
    <section aria-labelledby={`tab-${now}`} class="padded">
      <h2 class="sr">{titles[now]}</h2>
      {now === "plan" ? <Plan /> : now === "health" ? <Health /> : now === "outbox" ? <Outbox /> : <Explore />}
    </section>
  )
}

/** The opened event or, with a warehouse, Explore in its place: a question takes the room of the plan and the health too. */
const Wide = ({ search }: { readonly search: Ref<HTMLInputElement> }) => {
  const isExploring = tab.value === "explore" && hasWarehouse()
  return (
    <main class={isExploring ? "panes panes-explore" : "panes panes-wide"}>
      <section class="pane" aria-label="List">
        <ListPane search={search} />
      </section>
      {hasWarehouse() ? (
        <section class="pane" aria-label="Details">
          <Tabs titles={{ events: "Event", explore: titles.explore }}>
            <div class="scroll" tabindex={0}>
              {isExploring ? <Beside /> : <EventPane />}
            </div>
          </Tabs>
        </section>
      ) : (
        <section class="pane scroll" aria-label="Event" tabindex={-1}>
          <EventPane />
        </section>
      )}
      {!isExploring && (
        <section class="pane scroll padded" aria-label="Plan and health" tabindex={0}>
          <PlanAndHealth />
        </section>
      )}
    </main>
  )
}

/** Focuses an element, now or when it appears. */
const soon = (find: () => HTMLElement | null): void => {
  const found = find()
  if (found === null) requestAnimationFrame(() => find()?.focus())
  else found.focus()
}

/** The page. `onWake` tries to connect at once. */
export const App = ({ onWake }: { readonly onWake: () => void }) => {
  const search = useRef<HTMLInputElement>(null)
  const help = useRef<HTMLDialogElement>(null)
  useLayoutEffect(
    () =>
      listen({
        focusSearch: () => {
          tab.value = "events"
          soon(() => search.current)
        },
        focusList: () => soon(list),
        showHelp: () => help.current?.showModal()
      }),
    []
  )
  const state = connectionState.value
  const now = room.value
  return (
    <>
      <Top onWake={onWake} onHelp={() => help.current?.showModal()} />
      {state._tag === "locked" ? (
        <main class="panes-one">
          <TokenForm refused={state.refused} onToken={onWake} />
        </main>
      ) : now === "wide" ? (
        <Wide search={search} />
      ) : now === "medium" ? (
        <main class="panes panes-medium">
          <section class="pane" aria-label="List">
            <ListPane search={search} />
          </section>
          <section class="pane" aria-label="Details">
            <Tabs titles={tabs("Event")}>
              <div class="scroll" tabindex={0}>
                <Beside />
              </div>
            </Tabs>
          </section>
        </main>
      ) : (
        <main class="panes-one">
          <Tabs titles={tabs("Events")}>
            {(tab.value === "events" || (tab.value === "explore" && !hasWarehouse())) && opened.value === undefined ? (
              <ListPane search={search} />
            ) : (
              <div class="scroll" tabindex={0}>
                <Beside />
              </div>
            )}
          </Tabs>
        </main>
      )}
      <Announcement />
      <Help dialog={help} />
    </>
  )
}
