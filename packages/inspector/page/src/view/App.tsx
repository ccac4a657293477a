/** The page's layout. */
import { useLayoutEffect, useRef } from "preact/hooks"
import { listen } from "../keyboard.ts"
import { opened } from "../opened.ts"
import { connectionState } from "../state.ts"
import { room } from "../viewport.ts"
import { list } from "./EventList.tsx"
import { EventPane } from "./EventPane.tsx"
import { Health } from "./Health.tsx"
import { Help } from "./Help.tsx"
import { ListPane } from "./ListPane.tsx"
import { Plan } from "./Plan.tsx"
import { tab } from "../tab.ts"
import { Tabs } from "./Tabs.tsx"
import { TokenForm } from "./TokenForm.tsx"
import { Announcement, Top } from "./Top.tsx"

const PlanAndHealth = () => (
  <>
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

const Beside = () => {
  if (tab.value === "events") return <EventPane />
  return (
    <section aria-labelledby={`tab-${tab.value}`} class="padded">
      <h2 class="sr">{tab.value === "plan" ? "Plan" : "Health"}</h2>
      {tab.value === "plan" ? <Plan /> : <Health />}
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
            <Tabs titles={{ events: "Event", plan: "Plan", health: "Health" }}>
              <div class="scroll" tabindex={0}>
                <Beside />
              </div>
            </Tabs>
          </section>
        </main>
      ) : (
        <main class="panes-one">
          <Tabs titles={{ events: "Events", plan: "Plan", health: "Health" }}>
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
