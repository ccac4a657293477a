/** Prompts for the service's token. */
import { useRef } from "preact/hooks"
import { setToken } from "../token.ts"

/** The form. `refused`: the last token was wrong. */
export const TokenForm = (props: { readonly refused: boolean; readonly onToken: () => void }) => {
  const input = useRef<HTMLInputElement>(null)
  return (
    <form
      class="token"
      aria-labelledby="token-heading"
      onSubmit={(event) => {
        event.preventDefault()
        const value = input.current!.value.trim()
        if (value === "") return
        setToken(value)
        props.onToken()
      }}
    >
      <h2 id="token-heading">This service needs a token</h2>
      <p>Enter the token that the service was started with. The browser keeps it until you close this tab.</p>
      <label for="token">Token</label>
      <input
        ref={input}
        id="token"
        type="password"
        autocomplete="off"
        required
        aria-invalid={props.refused}
        aria-describedby={props.refused ? "token-refused" : undefined}
      />
      {props.refused && (
        <p id="token-refused" role="alert" class="token-refused">
          The token is wrong.
        </p>
      )}
      <button type="submit">Connect</button>
    </form>
  )
}
