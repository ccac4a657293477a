/** One comment on a pull request, which is written once and changed from then on. */

export interface Place {
  /** The address of GitHub's API. */
  readonly api: string
  /** The repository, as `owner/name`. */
  readonly repository: string
  /** The number of the pull request. */
  readonly number: number
  readonly token: string
  /** The first line of the comment, which no one sees. */
  readonly marker: string
}

/** An answer of GitHub's that is no success. Its message has nothing of the request. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number) {
    super(`GitHub answered ${status}`)
    this.status = status
  }
}

const asked = async ({ api, token }: Place, method: string, path: string, body?: object): Promise<unknown> => {
  const response = await fetch(`${api}${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "user-agent": "trackmap-plan-diff",
      "x-github-api-version": "2022-11-28"
    },
    signal: AbortSignal.timeout(30_000),
    ...(body !== undefined && { body: JSON.stringify(body) })
  }).catch(() => {
    throw new Refused(0)
  })
  if (!response.ok) throw new Refused(response.status)
  return response.json()
}

interface Comment {
  readonly id: number
  readonly body?: string
}

const perPage = 100

/** The comment of before, in whatever page it is. */
const found = async (place: Place, page = 1): Promise<Comment | undefined> => {
  const path = `/repos/${place.repository}/issues/${place.number}/comments?per_page=${perPage}&page=${page}`
  const comments = (await asked(place, "GET", path)) as ReadonlyArray<Comment>
  const own = comments.find(({ body }) => body?.startsWith(`${place.marker}\n`))
  return own ?? (comments.length < perPage ? undefined : found(place, page + 1))
}

/** Makes the comment have a text. With `onlyIfThere`, no comment is made for it. Returns what was done. */
export const commented = async (
  place: Place,
  text: string,
  { onlyIfThere }: { readonly onlyIfThere: boolean }
): Promise<"created" | "updated" | "current" | "none"> => {
  const body = `${place.marker}\n${text}`
  const known = await found(place)
  if (known === undefined) {
    if (onlyIfThere) return "none"
    await asked(place, "POST", `/repos/${place.repository}/issues/${place.number}/comments`, { body })
    return "created"
  }
  // GitHub returns lines as it likes.
  if (known.body?.replaceAll("\r\n", "\n").trimEnd() === body.trimEnd()) return "current"
  await asked(place, "PATCH", `/repos/${place.repository}/issues/comments/${known.id}`, { body })
  return "updated"
}
