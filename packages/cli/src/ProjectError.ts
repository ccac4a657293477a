/**
 * The error of a project whose code cannot be searched.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** A project whose code cannot be searched. `remedy` says what to do. */
export class ProjectError extends Schema.TaggedError<ProjectError>("@trackmap/cli/ProjectError")("ProjectError", {
  project: Schema.String,
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message(): string {
    return `${this.project}: ${this.reason}: ${this.remedy}`
  }
}
