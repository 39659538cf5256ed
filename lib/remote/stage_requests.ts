/** Requests to the tape behind a server. */
import { parseStageAnswer, type StageAnswer } from '../rules/stage_answer.js';
import type { FileSystem } from '../xrdcl/index.js';

/** Timeout of a prepare request, in seconds: tape systems look up every file before they answer. */
const prepareSeconds = 120;

export class StageRequests {
  readonly #fileSystem: FileSystem;
  readonly #path: (name: string) => string;
  readonly #priority: number;

  /** @param path a record's path on the server */
  constructor(fileSystem: FileSystem, path: (name: string) => string, priority: number) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#priority = priority;
  }

  /** As RemoteStore.stage(). */
  send(names: readonly string[], signal?: AbortSignal): Promise<string> {
    const options = { timeout: prepareSeconds, priority: this.#priority, signal };
    return this.#fileSystem.stage(this.#paths(names), options);
  }

  /** As RemoteStore.cancelStage(). */
  async cancel(requestId: string, names: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.#fileSystem.cancelStage(requestId, this.#paths(names), { timeout: prepareSeconds, signal });
  }

  /** As RemoteStore.queryStage(). */
  async query(
    requestId: string,
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<Map<string, StageAnswer>> {
    const options = { timeout: prepareSeconds, signal };
    const answers = parseStageAnswer(
      await this.#fileSystem.queryPrepare(requestId, this.#paths(names), options),
    );
    return new Map(
      names.flatMap((name) => {
        const answer = answers.get(this.#path(name));
        return answer === undefined ? [] : [[name, answer] as const];
      }),
    );
  }

  /** As RemoteStore.evict(). */
  async evict(names: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.#fileSystem.evict(this.#paths(names), { timeout: prepareSeconds, signal });
  }

  #paths(names: readonly string[]): string[] {
    return names.map((name) => this.#path(name));
  }
}
