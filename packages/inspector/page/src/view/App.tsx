/** The page's layout. */
import { useLayoutEffect, useRef } from "preact/hooks"
import { listen } from "../keyboard.ts"
import { opened } from "../opened.ts"
import { count } from "../format.ts"
import { connectionState, hello, outboxState } from "../state.ts"
import { room } from "../viewport.ts"
import { list } from "./EventList.tsx"
import { EventPane } from "./EventPane.tsx"
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

const titles = { plan: "Plan", health: "Health", outbox: "Outbox" } as const

/** The titles of the tabs. That of the outbox has the number of its dead letters. */
const tabs = (events: string): Readonly<Partial<Record<Tab, string>>> => {
  const { plan, health, outbox } = titles
  if (hello.value?.outbox === undefined) return { events, plan, health }
  const dead = outboxState.value?.sinks.reduce((sum, sink) => sum + sink.dead, 0) ?? 0
  return { events, plan, health, outbox: dead === 0 ? outbox : `${outbox} (${count(dead)})` }
}

const Beside = () => {
  if (tab.value === "events") return <EventPane />
  return (
    <section aria-labelledby={`tab-${tab.value}`} class="padded">
      <h2 class="sr">{titles[tab.value]}</h2>
      {tab.value === "plan" ? <Plan /> : tab.value === "health" ? <Health /> : <Outbox />}
    </section>
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
        <main class="panes panes-wide">
          <section class="pane" aria-label="List">
            <ListPane search={search} />
          </section>
          <section class="pane scroll" aria-label="Event" tabindex={-1}>
            <EventPane />
          </section>
          <section class="pane scroll padded" aria-label="Plan and health" tabindex={0}>
            <PlanAndHealth />
          </section>
        </main>
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
            {tab.value === "events" && opened.value === undefined ? (
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
